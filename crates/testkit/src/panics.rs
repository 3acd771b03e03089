//! Panics of a server that runs in this process: its tasks catch them, so that nobody would know.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::{panic, thread};

/// The names of threads that panicked.
static PANICKED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Watches the threads of one server, all of which bear its name.
#[derive(Debug)]
pub(crate) struct PanicWatch {
    thread_name: String,
}

impl PanicWatch {
    /// Watches from now on.
    pub(crate) fn start() -> Self {
        static HOOK: Once = Once::new();
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        HOOK.call_once(|| {
            let report = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if let Some(name) = thread::current().name() {
                    panicked().push(name.to_owned());
                }
                report(info);
            }));
        });
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            thread_name: format!("test server {number}"),
        }
    }

    /// Returns the name that the server's threads must bear.
    pub(crate) fn thread_name(&self) -> &str {
        &self.thread_name
    }

    /// Tells whether none of them has panicked.
    pub(crate) fn is_quiet(&self) -> bool {
        !panicked().contains(&self.thread_name)
    }
}

fn panicked() -> MutexGuard<'static, Vec<String>> {
    PANICKED.lock().unwrap_or_else(PoisonError::into_inner)
}
