//! Putting the doors of the desk in: no door without its row, no row without its door.

use std::future::Future;

use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::guard::Desk;
use super::operation::{Operation, Verb};
use super::trail::Watch;
use crate::Web;
use crate::call::{At, Audience, Call, Said};

/// The doors of one section.
pub(crate) struct Doors<'a> {
    cfg: &'a mut ServiceConfig,
    web: &'a Web,
    operations: &'static [Operation],
}

impl<'a> Doors<'a> {
    pub(crate) fn new(
        cfg: &'a mut ServiceConfig,
        web: &'a Web,
        operations: &'static [Operation],
    ) -> Self {
        Self { cfg, web, operations }
    }

    /// The doors at an address.
    pub(crate) fn at(&mut self, path: &'static str) -> DoorsAt<'_, 'a> {
        let at = At::new(self.web, Audience::People, path);
        DoorsAt { doors: self, path, at }
    }
}

/// The doors at an address, in the making.
pub(crate) struct DoorsAt<'d, 'a> {
    doors: &'d mut Doors<'a>,
    path: &'static str,
    at: At,
}

impl DoorsAt<'_, '_> {
    fn row(&self, verb: Verb) -> &'static Operation {
        let row =
            self.doors.operations.iter().find(|row| row.verb == verb && row.path == self.path);
        row.unwrap_or_else(|| panic!("{verb:?} {} has no row among the operations", self.path))
    }

    fn guarded<F, Fut>(mut self, verb: Verb, handler: F) -> Self
    where
        F: Fn(Desk) -> Fut + Clone + 'static,
        Fut: Future<Output = Said> + 'static,
    {
        let operation = self.row(verb);
        if verb == Verb::Get {
            // The connection leaves the body of an answer to HEAD away by itself.
            self.at = self.at.on(Method::HEAD, watched(operation, handler.clone()));
        }
        self.at = self.at.on(verb.method(), watched(operation, handler));
        self
    }

    /// A door that asks nobody who they are.
    pub(crate) fn anybody<F, Fut>(mut self, verb: Verb, handler: F) -> Self
    where
        F: Fn(Call) -> Fut + Clone + 'static,
        Fut: Future<Output = Said> + 'static,
    {
        let row = self.row(verb);
        assert!(row.guard == super::Guard::Anybody, "{} is not for anybody", self.path);
        self.at = self.at.on(verb.method(), handler);
        self
    }

    pub(crate) fn get<F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Desk) -> Fut + Clone + 'static,
        Fut: Future<Output = Said> + 'static,
    {
        self.guarded(Verb::Get, handler)
    }

    pub(crate) fn post<F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Desk) -> Fut + Clone + 'static,
        Fut: Future<Output = Said> + 'static,
    {
        self.guarded(Verb::Post, handler)
    }

    pub(crate) fn put<F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Desk) -> Fut + Clone + 'static,
        Fut: Future<Output = Said> + 'static,
    {
        self.guarded(Verb::Put, handler)
    }

    pub(crate) fn patch<F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Desk) -> Fut + Clone + 'static,
        Fut: Future<Output = Said> + 'static,
    {
        self.guarded(Verb::Patch, handler)
    }

    pub(crate) fn delete<F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Desk) -> Fut + Clone + 'static,
        Fut: Future<Output = Said> + 'static,
    {
        self.guarded(Verb::Delete, handler)
    }

    /// Puts them in.
    pub(crate) fn mount(self) {
        self.at.mount(self.doors.cfg);
    }
}

/// A handler behind its guard, with somebody who writes down what became of it.
fn watched<F, Fut>(
    operation: &'static Operation,
    handler: F,
) -> impl Fn(Call) -> LocalBoxFuture<'static, Said> + Clone + 'static
where
    F: Fn(Desk) -> Fut + Clone + 'static,
    Fut: Future<Output = Said> + 'static,
{
    move |call: Call| {
        let handler = handler.clone();
        async move {
            let mut watch = Watch::over(&call, operation);
            let said = match Desk::enter(call, operation, &watch).await {
                Ok(desk) => handler(desk).await,
                Err(problem) => Err(problem),
            };
            watch.settle(&said).await;
            said
        }
        .boxed_local()
    }
}
