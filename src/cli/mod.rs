//! L4: the command line: parses words, calls the client, prints. It decides nothing.
