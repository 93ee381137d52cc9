//! Old prompts: going back and forth through them, and searching them (Ctrl-R).

use unicode_segmentation::UnicodeSegmentation;

use super::{Composer, Run};

/// Most prompts that are kept at hand.
const DEPTH: usize = 1_000;
/// Most letters of a search.
const LONGEST_SEARCH: usize = 200;

impl Composer {
    /// Old prompts from the library, newest first. What was sent since stays in front.
    pub fn set_history(&mut self, old: Vec<String>) {
        let mut newer = std::mem::take(&mut self.history);
        newer.retain(|sent| !old.contains(sent));
        newer.extend(old);
        newer.dedup();
        newer.truncate(DEPTH);
        self.history = newer;
        self.recalled = None;
    }

    /// The prompt that a search has found; `None` where nothing is searched or found.
    pub fn search_found(&self) -> Option<&str> {
        let (query, nth) = self.search.as_ref()?;
        self.found(query).nth(*nth)
    }

    /// Ends a search: with what it found, or with what was there before.
    pub fn end_search(&mut self, keep: bool) {
        let Some((query, nth)) = self.search.take() else { return };
        let found = self.found(&query).nth(nth).is_some() && !query.is_empty();
        let draft = std::mem::take(&mut self.draft);
        if !(keep && found) {
            self.show(&draft);
        }
    }

    pub(super) fn remember_sent(&mut self, sent: &str) {
        if sent.trim().is_empty() || self.history.first().is_some_and(|newest| newest == sent) {
            return;
        }
        self.history.insert(0, sent.to_owned());
        self.history.truncate(DEPTH);
    }

    pub(super) fn older(&mut self) {
        let next = self.recalled.map_or(0, |at| at + 1);
        let Some(text) = self.history.get(next).cloned() else { return };
        self.keep_draft();
        self.recalled = Some(next);
        self.past.remember(&self.area, Run::Alone);
        self.show(&text);
        self.completion = None;
    }

    pub(super) fn newer(&mut self) {
        let Some(at) = self.recalled else { return };
        self.keep_draft();
        self.past.remember(&self.area, Run::Alone);
        match at.checked_sub(1).and_then(|next| Some((next, self.history.get(next)?.clone()))) {
            Some((next, text)) => {
                self.recalled = Some(next);
                self.show(&text);
            }
            None => {
                self.recalled = None;
                let draft = std::mem::take(&mut self.draft);
                self.show(&draft);
            }
        }
        self.completion = None;
    }

    /// What was typed, or made of an old prompt, waits at the newest end.
    fn keep_draft(&mut self) {
        let text = self.text();
        let unchanged =
            self.recalled.and_then(|at| self.history.get(at)).is_some_and(|old| *old == text);
        if !unchanged {
            self.draft = text;
        }
    }

    pub(super) fn begin_search(&mut self) {
        self.past.remember(&self.area, Run::Alone);
        self.draft = self.text();
        self.recalled = None;
        self.completion = None;
        self.search = Some((String::new(), 0));
    }

    pub(super) fn search_type(&mut self, letter: char) {
        if let Some((query, nth)) = &mut self.search
            && query.chars().count() < LONGEST_SEARCH
        {
            query.push(letter);
            *nth = 0;
        }
        self.show_found();
    }

    pub(super) fn search_erase(&mut self) {
        if let Some((query, nth)) = &mut self.search {
            let last = query.graphemes(true).next_back().map_or(0, str::len);
            query.truncate(query.len() - last);
            *nth = 0;
        }
        self.show_found();
    }

    pub(super) fn search_next(&mut self) {
        let Some((query, nth)) = self.search.clone() else { return };
        if self.found(&query).nth(nth + 1).is_some() {
            self.search = Some((query, nth + 1));
            self.show_found();
        }
    }

    pub(super) fn search_back(&mut self) {
        if let Some((_, nth)) = &mut self.search {
            *nth = nth.saturating_sub(1);
        }
        self.show_found();
    }

    /// Without anything to search for, what was typed is shown; with no match, the last match stays.
    fn show_found(&mut self) {
        let empty = self.search.as_ref().is_none_or(|(query, _)| query.is_empty());
        let shown =
            if empty { Some(self.draft.clone()) } else { self.search_found().map(str::to_owned) };
        if let Some(text) = shown {
            self.show(&text);
        }
    }

    fn found<'a>(&'a self, query: &str) -> impl Iterator<Item = &'a str> {
        let query = query.to_lowercase();
        let mut seen = std::collections::BTreeSet::new();
        self.history
            .iter()
            .map(String::as_str)
            .filter(move |old| old.to_lowercase().contains(&query))
            .filter(move |old| seen.insert(*old))
    }
}
