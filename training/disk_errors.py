"""Disk errors: what a full disk, or a folder that is shut, is called in one sentence."""

import errno
import os
import re
from typing import Final

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SHUT: Final = {errno.EROFS, errno.EACCES, errno.EPERM}


def said_of(error: OSError) -> str | None:
    """Say what the caller can put right; None when the error is of another kind.

    Copying many files gives one error of all, which has neither a number nor a name of its own.
    """
    number, name = error.errno, error.filename
    if number is None and (found := re.search(r"\[Errno (\d+)\]", str(error))):
        number = int(found[1])
        if error.args and isinstance(error.args[0], list):
            name = error.args[0][0][1]
    if number not in _FULL | _SHUT:
        return None
    where = f"{os.fsdecode(name)}: " if isinstance(name, str | bytes) else ""
    how = "make room" if number in _FULL else "see that this user may read and write there"
    return f"{where}{os.strerror(number)}; {how}, and run the same command again"
