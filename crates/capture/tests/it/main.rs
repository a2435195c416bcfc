//! Capture against the `git` program and real repositories.
