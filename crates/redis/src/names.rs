//! Looking up the names of hosts. Apart from making connections, because a name that nobody has is counted as an event
//! of its own.

use std::net::SocketAddr;

use deadpool_redis::redis::RedisFuture;
use deadpool_redis::redis::io::AsyncDNSResolver;

/// Names of hosts: looked up by the system, with every failure counted.
#[derive(Clone)]
pub(crate) struct Names {
    /// What is looked up in place of the name that the driver knows.
    pub(crate) alias: Option<String>,
}

impl AsyncDNSResolver for Names {
    fn resolve<'a, 'b: 'a>(
        &'a self,
        host: &'b str,
        port: u16,
    ) -> RedisFuture<'a, Box<dyn Iterator<Item = SocketAddr> + Send + 'a>> {
        Box::pin(async move {
            let host = self.alias.as_deref().unwrap_or(host);
            let found = tokio::net::lookup_host((host, port)).await.map(Vec::from_iter);
            let found = found.and_then(|found| {
                let none = || std::io::Error::other("the name has no address");
                if found.is_empty() { Err(none()) } else { Ok(found) }
            });
            if found.is_err() {
                metrics::counter!("DNS_FAILURE").increment(1);
            }
            Ok(Box::new(found?.into_iter()) as Box<dyn Iterator<Item = SocketAddr> + Send>)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Counts what is counted, whatever it is called.
    #[derive(Default)]
    struct Counts(Arc<std::sync::Mutex<Vec<String>>>);

    struct Count(Arc<std::sync::Mutex<Vec<String>>>, String);

    impl metrics::CounterFn for Count {
        fn increment(&self, _value: u64) {
            self.0.lock().unwrap().push(self.1.clone());
        }

        fn absolute(&self, _value: u64) {}
    }

    impl metrics::Recorder for Counts {
        fn describe_counter(
            &self,
            _: metrics::KeyName,
            _: Option<metrics::Unit>,
            _: metrics::SharedString,
        ) {
        }

        fn describe_gauge(
            &self,
            _: metrics::KeyName,
            _: Option<metrics::Unit>,
            _: metrics::SharedString,
        ) {
        }

        fn describe_histogram(
            &self,
            _: metrics::KeyName,
            _: Option<metrics::Unit>,
            _: metrics::SharedString,
        ) {
        }

        fn register_counter(
            &self,
            key: &metrics::Key,
            _: &metrics::Metadata<'_>,
        ) -> metrics::Counter {
            Arc::new(Count(Arc::clone(&self.0), key.name().to_owned())).into()
        }

        fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
            metrics::Gauge::noop()
        }

        fn register_histogram(
            &self,
            _: &metrics::Key,
            _: &metrics::Metadata<'_>,
        ) -> metrics::Histogram {
            metrics::Histogram::noop()
        }
    }

    #[test]
    fn a_name_that_nobody_has_is_counted_and_an_address_is_looked_up_under_its_alias() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let counts = Counts::default();
        let found = |alias: Option<&str>, host: &str| {
            let names = Names { alias: alias.map(String::from) };
            let found = runtime.block_on(names.resolve(host, 6379));
            found.map(Vec::from_iter).ok()
        };
        metrics::with_local_recorder(&counts, || {
            let loopback = Some(vec!["127.0.0.1:6379".parse().unwrap()]);
            assert_eq!(found(Some("127.0.0.1"), "redis.test"), loopback);
            assert!(counts.0.lock().unwrap().is_empty());
            assert_eq!(found(None, "redis.invalid"), None);
        });
        assert_eq!(*counts.0.lock().unwrap(), ["DNS_FAILURE"]);
    }
}
