"""The simulator: people at sites, what their muscles and limbs do, what a sensor shows of it."""
