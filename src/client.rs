//! L4: the only thing a door holds: a handle that sends requests to a studio and receives its events.
