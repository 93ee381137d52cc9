//! A tree as lines with branches, from rows that know their depth: parents first, children under them.

use super::measure;

/// A row of a tree, ordered so that children come right after their parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    /// How many ancestors it has.
    pub depth: usize,
    /// Which thing it stands for, an index of the caller's.
    pub item: usize,
}

/// Orders things by descent: `parents` says for each thing which other one it came from. Roots come in their order, children
/// in theirs. A ring, or a parent that is not there, makes a root; everything appears once.
pub fn order(parents: &[Option<usize>]) -> Vec<Branch> {
    let count = parents.len();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut roots = Vec::new();
    for (item, parent) in parents.iter().enumerate() {
        match parent.filter(|parent| *parent < count && *parent != item) {
            Some(parent) => children[parent].push(item),
            None => roots.push(item),
        }
    }
    let mut seen = vec![false; count];
    let mut rows = Vec::with_capacity(count);
    // What stands in a ring has no root above it, so every thing that is left afterwards begins a tree too.
    for start in roots.into_iter().chain(0..count) {
        let mut waiting = vec![(start, 0)];
        while let Some((item, depth)) = waiting.pop() {
            if std::mem::replace(&mut seen[item], true) {
                continue;
            }
            rows.push(Branch { depth, item });
            waiting.extend(children[item].iter().rev().map(|child| (*child, depth + 1)));
        }
    }
    rows
}

/// The branches before each row, such as `│  ├─ `; deep ones are shortened from the left to `columns`.
pub fn prefixes(rows: &[Branch], columns: usize) -> Vec<String> {
    // Whether another row of the same depth follows before the tree goes up again, looked at from the end.
    let mut open: Vec<bool> = Vec::new();
    let mut prefixes = vec![String::new(); rows.len()];
    for (index, row) in rows.iter().enumerate().rev() {
        let last = !open.get(row.depth).copied().unwrap_or(false);
        open.resize(row.depth + 1, false);
        let mut prefix = String::new();
        for depth in 1..row.depth {
            prefix.push_str(if open.get(depth).copied().unwrap_or(false) {
                "│  "
            } else {
                "   "
            });
        }
        if row.depth > 0 {
            prefix.push_str(if last { "╰─ " } else { "├─ " });
        }
        if let Some(flag) = open.get_mut(row.depth) {
            *flag = true;
        }
        let too_many = measure::width(&prefix).saturating_sub(columns);
        if too_many > 0 {
            prefix = std::iter::once('…').chain(prefix.chars().skip(too_many + 1)).collect();
        }
        prefixes[index] = prefix;
    }
    prefixes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn children_follow_their_parents() {
        let rows = order(&[None, Some(0), None, Some(0), Some(1)]);
        let drawn: Vec<String> = prefixes(&rows, 40)
            .into_iter()
            .zip(&rows)
            .map(|(prefix, row)| format!("{prefix}{}", row.item))
            .collect();
        assert_eq!(drawn, ["0", "├─ 1", "│  ╰─ 4", "╰─ 3", "2"]);
    }

    proptest! {
        #[test]
        fn everything_appears_once_whatever_descends_from_what(
            parents in proptest::collection::vec(proptest::option::of(0usize..20), 0..20),
        ) {
            let rows = order(&parents);
            let mut items: Vec<usize> = rows.iter().map(|row| row.item).collect();
            items.sort_unstable();
            prop_assert_eq!(items, (0..parents.len()).collect::<Vec<_>>());
            prop_assert_eq!(prefixes(&rows, 9).len(), rows.len());
        }
    }
}
