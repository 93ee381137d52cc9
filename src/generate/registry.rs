//! The backends that can be asked for, in the order in which users see them.

use std::sync::Arc;

use super::backend::{Backend, BackendInfo, GenerateError};
use super::composer::{self, Composer};
use super::fake::FakeBackend;

/// The backends.
#[derive(Clone)]
pub struct Registry {
    backends: Vec<Arc<dyn Backend>>,
}

impl Registry {
    /// The backends that ship with Timbre. Errors: [`GenerateError::Internal`] where a built-in genre file is at fault.
    pub fn built_in() -> Result<Self, GenerateError> {
        let composer = Composer::new().map_err(|error| GenerateError::Internal {
            backend: composer::ID,
            message: error.to_string(),
        })?;
        Ok(Self::new(vec![Arc::new(composer)]))
    }

    /// A registry of these backends; the first one is the default. Of two with the same id the first one stays.
    pub fn new(backends: Vec<Arc<dyn Backend>>) -> Self {
        let mut registry = Self { backends: Vec::with_capacity(backends.len()) };
        for backend in backends {
            registry.add(backend);
        }
        registry
    }

    /// Only the fake backend, for tests of everything around backends.
    pub fn with_fake(fake: FakeBackend) -> Self {
        Self::new(vec![Arc::new(fake)])
    }

    /// Adds a backend. Answers whether its id was free; if not, nothing changes.
    pub fn add(&mut self, backend: Arc<dyn Backend>) -> bool {
        let free = self.get(&backend.info().id).is_none();
        if free {
            self.backends.push(backend);
        }
        free
    }

    /// The backend of an id.
    pub fn get(&self, id: &str) -> Option<&Arc<dyn Backend>> {
        self.backends.iter().find(|backend| backend.info().id == id)
    }

    /// The backend that is used when none is named.
    pub fn default_backend(&self) -> Option<&Arc<dyn Backend>> {
        self.get(composer::ID).or_else(|| self.backends.first())
    }

    /// The backend of an id, or why not and what there is. Errors: [`GenerateError::Unavailable`].
    pub fn find(&self, id: &str) -> Result<&Arc<dyn Backend>, GenerateError> {
        self.get(id).ok_or_else(|| {
            let known = self.infos().into_iter().map(|info| info.id).collect::<Vec<_>>().join(", ");
            GenerateError::Unavailable {
                message: format!("there is no backend '{id}'"),
                hint: format!("use one of: {known}"),
            }
        })
    }

    /// All backends, in order.
    pub fn backends(&self) -> &[Arc<dyn Backend>] {
        &self.backends
    }

    /// All backends, described, in order.
    pub fn infos(&self) -> Vec<BackendInfo> {
        self.backends.iter().map(|backend| backend.info()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_composer_is_there_and_is_the_default() {
        let registry = Registry::built_in().unwrap();
        assert_eq!(registry.default_backend().unwrap().info().id, "composer");
        assert!(registry.get("fake").is_none());
        let info = registry.find("composer").unwrap().info();
        assert!(info.available && info.licence == "CC0-1.0" && info.genres.len() >= 6);
    }

    #[test]
    fn an_unknown_backend_is_answered_with_the_known_ones() {
        let registry = Registry::with_fake(FakeBackend::default());
        match registry.find("nonesuch").err() {
            Some(GenerateError::Unavailable { hint, .. }) => assert!(hint.contains("fake")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn of_two_backends_with_one_id_the_first_stays() {
        let mut registry = Registry::with_fake(FakeBackend::default());
        assert!(!registry.add(Arc::new(FakeBackend::default())));
        assert_eq!(registry.infos().len(), 1);
    }
}
