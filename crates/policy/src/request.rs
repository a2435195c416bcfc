//! A request for an AI tool that the policy does not list: the way in for shadow AI.
//!
//! A Markdown file that who needs the tool and who answers for security edit together; it ends with the
//! lines that would approve it. Nothing is approved by it: that is a change of `trueline.toml`.

use std::fmt::Write as _;

use trueline_facts::ToolId;
use trueline_facts::usage::Purpose;

use crate::exceptions::quoted;
use crate::policy::Policy;

/// Where requests are kept.
pub const REQUESTS_FOLDER: &str = ".trueline/requests";

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToolRequest {
    /// The tool.
    pub tool: ToolId,
    /// What it is to be used for.
    pub purposes: Vec<Purpose>,
    /// Classes of data that it may read.
    pub data: Vec<String>,
    /// Why, in the words of who asks.
    pub reason: Option<String>,
}

/// How a tool stands with a policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// There is no list: any tool will do.
    NoList,
    /// It is on the list.
    Listed,
    /// It is not.
    Unlisted,
}

impl ToolRequest {
    /// How the tool stands now.
    #[must_use]
    pub fn standing(&self, policy: &Policy) -> Standing {
        match &policy.approved.tools {
            None => Standing::NoList,
            Some(listed) if listed.contains(&self.tool) => Standing::Listed,
            Some(_) => Standing::Unlisted,
        }
    }

    /// The file that the request is written to, below the repository's root.
    #[must_use]
    pub fn file(&self) -> String {
        let name: String = self
            .tool
            .as_str()
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '-' {
                    c
                } else {
                    '-'
                }
            })
            .collect();
        format!("{REQUESTS_FOLDER}/{name}.md")
    }

    /// The request as Markdown, with what a policy says today.
    #[must_use]
    pub fn markdown(&self, policy: &Policy) -> String {
        let mut out = String::new();
        let tool = self.tool.as_str();
        let mut line = |text: &str| {
            out.push_str(text);
            out.push('\n');
        };
        line(&format!("# Request: {tool}\n"));
        line(
            "Who needs the tool and who answers for security edit this file together. Merging it approves nothing; the",
        );
        line("lines at its end do, once they are in `trueline.toml`.\n");
        line("## What for (who asks)\n");
        line(&format!(
            "- Purposes: {}",
            listed(self.purposes.iter().map(|p| p.as_str()))
        ));
        line(&format!(
            "- Data that it may read: {}",
            listed(self.data.iter().map(String::as_str))
        ));
        line(&format!(
            "- Why, and what is done without it today: {}",
            self.reason
                .as_deref()
                .map_or_else(|| "…".to_owned(), one_line)
        ));
        line("- Where: all of the repository, or which folders: …");
        line("- Who takes part in the trial, and until when: …\n");
        line("## What has to be known (who answers for security)\n");
        for question in [
            "Which company sees the code, and where? Is it kept, and for how long? Is it trained on?",
            "Which models, and may they change without notice?",
            "What may it run on a developer's machine, and does it ask before?",
            "How does it tell what it wrote (trailers, notes, `trueline hook install`)?",
            "What is the answer, by whom, until when? What was the reason?",
        ] {
            line(&format!("- [ ] {question}"));
        }
        line("\n## What the policy says today\n");
        line(&format!(
            "- {}",
            match self.standing(policy) {
                Standing::NoList =>
                    "There is no list of tools: none is refused, and none is approved.".to_owned(),
                Standing::Listed => format!("`{tool}` is on the list of tools."),
                Standing::Unlisted => format!(
                    "Listed are {}; `{tool}` is not.",
                    listed(policy.approved.tools.iter().flatten().map(ToolId::as_str))
                ),
            }
        ));
        for purpose in &self.purposes {
            let allowed = policy.approved.purposes.as_ref();
            if allowed.is_some_and(|allowed| !allowed.contains(purpose)) {
                line(&format!("- AI is not allowed for `{}`.", purpose.as_str()));
            }
        }
        for class in &self.data {
            let allowed = policy.approved.data.as_ref();
            if allowed.is_some_and(|allowed| !allowed.contains(class)) {
                line(&format!("- Tools may not read data of class `{class}`."));
            }
        }
        line("\n## The lines that approve it\n");
        line("```toml");
        out.push_str(&self.lines(policy));
        out.push_str("```\n");
        out
    }

    /// `[tools]` as it would be.
    fn lines(&self, policy: &Policy) -> String {
        let with = |known: Vec<String>, more: Vec<String>| {
            let mut all = known;
            for one in more {
                if !all.contains(&one) {
                    all.push(one);
                }
            }
            let all: Vec<String> = all.iter().map(|one| quoted(one)).collect();
            all.join(", ")
        };
        let approved = &policy.approved;
        let mut out = String::from("[tools]\n");
        let tools = approved.tools.iter().flatten();
        let tools = tools.map(|tool| tool.as_str().to_owned()).collect();
        let _ = writeln!(
            out,
            "approved = [{}]",
            with(tools, vec![self.tool.as_str().to_owned()])
        );
        if let Some(models) = &approved.models {
            let _ = writeln!(out, "models = [{}]", with(models.clone(), Vec::new()));
        }
        if let Some(purposes) = &approved.purposes {
            let known = purposes.iter().map(|p| p.as_str().to_owned()).collect();
            let asked = self
                .purposes
                .iter()
                .map(|p| p.as_str().to_owned())
                .collect();
            let _ = writeln!(out, "purposes = [{}]", with(known, asked));
        }
        if let Some(data) = &approved.data {
            let _ = writeln!(out, "data = [{}]", with(data.clone(), self.data.clone()));
        }
        out
    }
}

fn listed<'t>(items: impl Iterator<Item = &'t str>) -> String {
    let items: Vec<String> = items.map(|item| format!("`{}`", one_line(item))).collect();
    if items.is_empty() {
        "…".to_owned()
    } else {
        items.join(", ")
    }
}

/// On one line, and no markup of its own.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('`', "'").replace('<', "&lt;")
}
