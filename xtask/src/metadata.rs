//! What `cargo metadata` says of the workspace and everything it links.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The parsed output of `cargo metadata`.
#[derive(Debug)]
pub(crate) struct Metadata(Value);

/// One package of it.
#[derive(Debug)]
pub(crate) struct Package<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) license: Option<&'a str>,
    /// Names of dependencies that are linked (build and development ones left out).
    pub(crate) dependencies: Vec<&'a str>,
    pub(crate) in_workspace: bool,
}

/// Runs `cargo metadata` on the locked workspace.
pub(crate) fn load() -> Result<Metadata> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .context("cargo metadata could not be started")?;
    if !output.status.success() {
        bail!(
            "cargo metadata failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(Metadata(serde_json::from_slice(&output.stdout)?))
}

/// The workspace root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

impl Metadata {
    /// All packages, by name and version.
    pub(crate) fn packages(&self) -> Vec<Package<'_>> {
        let members: Vec<&str> = self.0["workspace_members"]
            .as_array()
            .map(|ids| ids.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let mut packages: Vec<Package<'_>> = self.0["packages"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|package| {
                Some(Package {
                    name: package["name"].as_str()?,
                    version: package["version"].as_str()?,
                    license: package["license"].as_str(),
                    dependencies: package["dependencies"]
                        .as_array()?
                        .iter()
                        .filter(|d| d["kind"].is_null())
                        .filter_map(|d| d["name"].as_str())
                        .collect(),
                    in_workspace: members.contains(&package["id"].as_str()?),
                })
            })
            .collect();
        packages.sort_by_key(|p| (p.name, p.version));
        packages
    }
}
