//! A theme as it is drawn with: a ratatui style for every scope. Where it comes from is `config::theme`'s business.

use std::collections::BTreeMap;

use ratatui::style::Style;

use super::scope::Scope;

/// Styles by scope.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    styles: BTreeMap<Scope, Style>,
}

impl Theme {
    /// A theme of these styles; what is missing is drawn in the terminal's own.
    pub fn new(name: impl Into<String>, styles: BTreeMap<Scope, Style>) -> Self {
        Self { name: name.into(), styles }
    }

    /// The style of a scope.
    pub fn style(&self, scope: Scope) -> Style {
        self.styles.get(&scope).copied().unwrap_or_default()
    }
}
