//! L0: the wire: the method table, params, responses, events, faults and the JSON Schema made from them. No IO.
