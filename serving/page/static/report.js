// Report: a record that came with the page.

import { recordOf } from "./record.js";

const record = JSON.parse(document.getElementById("data").textContent);
const shown = recordOf(record, document.title);
document.getElementById("result").append(shown.element);
shown.draw();
