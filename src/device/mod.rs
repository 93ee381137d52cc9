//! L2: what makes time pass: the drivers of the engine. Only the offline driver here; the cards follow the same trait.
