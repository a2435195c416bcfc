//! A progress bar on standard error, only where somebody looks at it.

use std::io::{self, IsTerminal};
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};
use trueline_scan::Progress;

/// Draws one bar per phase; in pipes and with `--quiet` nothing.
pub(crate) struct Bar {
    bar: Option<Mutex<ProgressBar>>,
}

impl Bar {
    pub(crate) fn new(quiet: bool) -> Self {
        let visible = !quiet && io::stderr().is_terminal();
        Self {
            bar: visible.then(|| Mutex::new(ProgressBar::hidden())),
        }
    }

    /// Takes the bar off the screen before the document is printed.
    pub(crate) fn finish(&self) {
        self.with(|bar| bar.finish_and_clear());
    }

    fn with(&self, act: impl FnOnce(&mut ProgressBar)) {
        if let Some(bar) = &self.bar
            && let Ok(mut bar) = bar.lock()
        {
            act(&mut bar);
        }
    }
}

impl Progress for Bar {
    fn phase(&self, name: &'static str, total: u64) {
        self.with(|bar| {
            bar.finish_and_clear();
            *bar = ProgressBar::new(total);
            // The template is a constant; if it were wrong the default bar would do.
            if let Ok(style) = ProgressStyle::with_template("{msg:<18} {wide_bar} {pos}/{len}") {
                bar.set_style(style);
            }
            bar.set_message(name);
        });
    }

    fn advance_to(&self, done: u64) {
        self.with(|bar| bar.set_position(done));
    }
}
