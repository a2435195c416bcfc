//! Settings that training frameworks keep in their checkpoints and act on when the model is built again: folders of code,
//! and what Hydra calls.

use trueline_facts::artifact::Verdict;

use super::machine::Machine;
use super::value::{Kind, Node, Value};
use crate::{technique, text};

/// Bytes of the name of something, or of a folder.
const MAX_SETTING: usize = 1 << 10;
/// Both keys have as many bytes, so that no other is read.
const KEY: usize = 8;

impl Machine {
    /// Looks at a pair of a dict for a setting that runs code.
    pub(super) fn look_for_settings(&mut self, key: Value, value: Value) {
        let may_be = match key {
            Value::Span { len, .. } => len as usize == KEY,
            Value::Made { .. } => true,
            _ => false,
        };
        if !may_be {
            return;
        }
        match self.short_text(key, KEY).as_deref() {
            // fairseq imports it.
            Some("user_dir") => {
                let folder = self.setting(value).filter(|folder| !folder.is_empty());
                if let Some(folder) = folder {
                    let (verdict, what) = text::user_folder(&folder);
                    self.find(verdict, technique::AUTO_MAP, what, None);
                }
            }
            // What a program's own classes are is its own business; what no model needs is not.
            Some("_target_") => {
                if let Some(target) = self.setting(value)
                    && let Some(does) = text::attack(target.trim())
                {
                    self.find(
                        Verdict::Malicious,
                        technique::TARGET_DANGEROUS,
                        format!("a setting kept in it {does}"),
                        None,
                    );
                }
            }
            _ => {}
        }
    }

    /// What Hydra's lookups and `functools.partial` are handed beside the name of what is called.
    pub(super) fn look_beside_target(&mut self, items: &[Value]) {
        let has_target = items
            .chunks_exact(2)
            .any(|pair| self.is_key(pair[0], &["_target_"]));
        if !has_target {
            return;
        }
        for pair in items.chunks_exact(2) {
            if !self.is_key(pair[0], &["path", "method", "function", "_args_"]) {
                continue;
            }
            let given = match self.get_node(pair[1]) {
                Some(Node::Container {
                    kind: Kind::List | Kind::Tuple,
                    items,
                    ..
                }) => items.clone(),
                _ => vec![pair[1]],
            };
            for value in given {
                if let Some(name) = self.setting(value)
                    && text::is_dangerous_name(&name)
                    && let Some(does) = text::attack(&name)
                {
                    self.find(
                        Verdict::Malicious,
                        technique::TARGET_DANGEROUS,
                        format!("a setting kept in it {does}"),
                        None,
                    );
                }
            }
        }
    }

    fn is_key(&self, key: Value, names: &[&str]) -> bool {
        let may_be = match key {
            Value::Span { len, .. } => names.iter().any(|name| name.len() == len as usize),
            Value::Made { .. } => true,
            _ => false,
        };
        may_be
            && self
                .short_text(key, KEY)
                .is_some_and(|key| names.contains(&key.as_str()))
    }

    /// A text, or the node of `OmegaConf` that holds one.
    fn setting(&self, value: Value) -> Option<String> {
        if let Some(text) = self.short_text(value, MAX_SETTING) {
            return Some(text);
        }
        let Some(Node::Call(called)) = self.get_node(value) else {
            return None;
        };
        let Some(Node::Container { items, .. }) = self.get_node(called.state?) else {
            return None;
        };
        let held = items
            .chunks_exact(2)
            .find(|pair| self.is_key(pair[0], &["_val"]))?[1];
        self.short_text(held, MAX_SETTING)
    }
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    fn verdict(body: &[u8]) -> Verdict {
        let file = [b"\x80\x02", body, b"."].concat();
        crate::check_bytes(file, RepoPath::from("model.ckpt")).verdict
    }

    #[test]
    fn what_a_checkpoint_has_called_is_judged_as_in_a_configuration() {
        for body in [
            &b"}U\x05modelq\x00}(U\x08_target_q\x01U\x09os.systemU\x07commandU\x01xus"[..],
            b"(dS'_target_'\nS'subprocess.Popen'\ns",
            b"(U\x08_target_U\x0dbuiltins.evald",
            b"}(U\x08_target_U\x16hydra.utils.get_methodU\x04pathU\x09os.systemu",
            b"}(U\x06_args_](U\x09os.systemU\x01xeU\x08_target_U\x11functools.partialu",
            // OmegaConf keeps each value in an object.
            b"}U\x08_target_comegaconf.nodes\nAnyNode\n)\x81}(U\x09_metadataNU\x04_valU\x09os.systemubs",
        ] {
            assert_eq!(verdict(body), Verdict::Malicious, "{}", body.escape_ascii());
        }
    }

    #[test]
    fn what_models_are_built_of_says_nothing() {
        for body in [
            &b"}(U\x08_target_U\x0ftorch.nn.LinearU\x0bin_featuresK\x01u"[..],
            b"}(U\x08_target_U\x0fshop.models.NetU\x04pathU\x09data/a.ptu",
            b"}(U\x04pathU\x09os.systemU\x04nameU\x01xu",
            b"}(U\x08_targetsU\x01xU\x08target__U\x09os.systemu",
        ] {
            assert_eq!(verdict(body), Verdict::Clean, "{}", body.escape_ascii());
        }
    }
}
