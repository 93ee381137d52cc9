//! L4: doors for other programs: the JSON engine protocol over stdio.
