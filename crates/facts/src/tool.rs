//! Names of AI tools, their models and sessions.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes the id as given.
            pub fn new(text: impl Into<Box<str>>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// The canonical kebab-case id of an AI assistant or agent: `claude`, `cursor`, `codex`,
    /// `github-copilot`. Aliases are folded by `authorship`.
    ToolId
}
text_id! {
    /// A model as the evidence names it, with a leading `provider/` removed.
    ModelId
}
text_id! {
    /// An opaque session or conversation id. Never a link, never a prompt.
    SessionId
}
