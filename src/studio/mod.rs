//! L3: the application core: pure `update(state, input) -> effects`, the one dispatcher, and the loop that runs effects.
