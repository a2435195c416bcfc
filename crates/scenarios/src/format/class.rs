//! The words of `scenario.toml`: languages, weakness classes, interfaces.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// From the word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.word() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

words! {
    /// What a scenario is written in.
    Language {
        /// Python.
        Python = "python",
        /// JavaScript.
        JavaScript = "javascript",
        /// TypeScript.
        TypeScript = "typescript",
        /// Java.
        Java = "java",
        /// Go.
        Go = "go",
        /// Rust.
        Rust = "rust",
        /// YAML.
        Yaml = "yaml",
        /// A Dockerfile.
        Dockerfile = "dockerfile",
        /// JSON.
        Json = "json",
        /// Prose and anything else.
        Text = "text",
    }
}

words! {
    /// The weakness class: the unit of a skill.
    Class {
        /// Text that becomes code, a query or a command.
        Injection = "injection",
        /// Names of files.
        PathAndFiles = "path-and-files",
        /// Requests and redirects to where the caller says.
        SsrfAndRedirect = "ssrf-and-redirect",
        /// Objects from strangers.
        Deserialisation = "deserialisation",
        /// Output in a page.
        XssAndOutput = "xss-and-output",
        /// Who may do what.
        AccessControl = "access-control",
        /// Who somebody is.
        Authentication = "authentication",
        /// Ciphers, hashes, randomness.
        Cryptography = "cryptography",
        /// Keys and passwords in the wrong place.
        Secrets = "secrets",
        /// Time, memory, money.
        ResourceUse = "resource-use",
        /// What happens when something goes wrong.
        ErrorHandling = "error-handling",
        /// Packages and models of others.
        SupplyChain = "supply-chain",
        /// Pipelines, images, infrastructure.
        CiAndInfrastructure = "ci-and-infrastructure",
        /// Applications of language models, and agents.
        LlmAndAgents = "llm-and-agents",
    }
}

words! {
    /// How tests reach the program.
    Interface {
        /// Requests to a server.
        Http = "http",
        /// Calls of functions.
        Call = "call",
        /// The files themselves; nothing is executed.
        File = "file",
        /// A harness around a scripted model.
        Agent = "agent",
    }
}
