//! Whether a text in the source is only shown: it stands in an example of a schema that describes an
//! interface (`OpenAPI`), and nothing uses it.

/// Keys and calls that hold such examples.
const SHOWN: &[&str] = &[
    "example",
    "examples",
    "openapi_examples",
    "json_schema_extra",
    "schema_extra",
    "OpenApiExample",
    "ApiProperty",
    "ApiPropertyOptional",
    "ApiBody",
];
/// Bytes before a place in which the brackets around it are looked for, and brackets.
const MAX_BEFORE: usize = 4_000;
const MAX_NESTING: usize = 8;

/// Whether a place is inside brackets that belong to an example.
pub(crate) fn is_documented(text: &str, at: usize) -> bool {
    let mut from = at.saturating_sub(MAX_BEFORE);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let Some(before) = text.get(from..at) else {
        return false;
    };
    let mut closed = 0_usize;
    let mut left = MAX_NESTING;
    for (open, c) in before.char_indices().rev() {
        match c {
            ')' | ']' | '}' => closed += 1,
            '(' | '[' | '{' if closed > 0 => closed -= 1,
            '(' | '[' | '{' => {
                let holder = holder(before.get(..open).unwrap_or(""));
                if SHOWN.contains(&holder) {
                    return true;
                }
                left -= 1;
                if left == 0 {
                    return false;
                }
            }
            _ => {}
        }
    }
    false
}

/// The last name before a bracket: what is called, or the key or variable that gets it.
fn holder(before: &str) -> &str {
    let named = before
        .trim_end()
        .trim_end_matches([':', '='])
        .trim_end()
        .trim_end_matches(['"', '\'']);
    named
        .rsplit(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()
        .unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> bool {
        is_documented(text, text.find("KEY").unwrap())
    }

    #[test]
    fn an_example_of_a_schema_is_only_shown() {
        for text in [
            "model_config = {\"json_schema_extra\": {\"example\": {\"a\": [1], \"password\": \"KEY\"}}}",
            "b: Body = Body(examples=[{\"password\": \"KEY\"}])",
            "OpenApiExample(\"login\", value={\"password\": \"KEY\"})",
            "@ApiProperty({ example: \"é\", password: \"KEY\" })",
        ] {
            assert!(shown(text), "{text}");
        }
    }

    #[test]
    fn what_is_used_is_not() {
        for text in [
            "settings = {\"password\": \"KEY\"}",
            "show(example={\"a\": 1}, password=\"KEY\")",
            "EXAMPLE = 1\npassword = \"KEY\"",
            "connect({ password: \"KEY\" })",
        ] {
            assert!(!shown(text), "{text}");
        }
    }
}
