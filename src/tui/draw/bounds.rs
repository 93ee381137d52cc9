//! Cutting rectangles without ever leaving them. Ratatui's solver is not needed for rows and columns of known sizes.

use ratatui::layout::Rect;

/// One row of an area, from 0; an empty one where it has fewer.
pub fn row_of(area: Rect, row: u16) -> Rect {
    if row >= area.height {
        return Rect::new(area.x, area.bottom(), area.width, 0);
    }
    Rect::new(area.x, area.y + row, area.width, 1)
}

/// What is left of an area below its first rows.
pub fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect::new(area.x, area.y + rows, area.width, area.height - rows)
}

/// The first columns of an area.
pub fn left_of(area: Rect, columns: u16) -> Rect {
    Rect::new(area.x, area.y, columns.min(area.width), area.height)
}

/// What is left of an area after its first columns.
pub fn right_of(area: Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    Rect::new(area.x + columns, area.y, area.width - columns, area.height)
}

/// An area of at most this size in the middle of another one.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
}

/// An area without its outermost columns and rows.
pub fn inset(area: Rect, columns: u16, rows: u16) -> Rect {
    let columns = columns.min(area.width / 2);
    let rows = rows.min(area.height / 2);
    Rect::new(area.x + columns, area.y + rows, area.width - 2 * columns, area.height - 2 * rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_cut_leaves_its_area(
            x in 0u16..400, y in 0u16..400, width in 0u16..300, height in 0u16..300, by in 0u16..400, other in 0u16..400,
        ) {
            let area = Rect::new(x, y, width, height);
            for cut in [
                row_of(area, by),
                below(area, by),
                left_of(area, by),
                right_of(area, by),
                centred(area, by, other),
                inset(area, by, other),
            ] {
                prop_assert!(cut.x >= area.x && cut.y >= area.y);
                prop_assert!(cut.right() <= area.right() && cut.bottom() <= area.bottom());
            }
        }
    }
}
