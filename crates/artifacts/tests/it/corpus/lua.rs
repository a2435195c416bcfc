//! Files of Torch 7: Lua's tables, tensors and classes are data, functions are code, in each form that its loader reads.

use super::Sample;

const TECHNIQUE: &str = "torch7";

/// Writes objects as `torch.save` does.
#[derive(Clone, Copy)]
enum Form {
    Binary { long: usize },
    Text,
}

impl Form {
    fn int(self, value: usize) -> Vec<u8> {
        match self {
            Self::Binary { .. } => u32::try_from(value).unwrap().to_le_bytes().to_vec(),
            Self::Text => format!("{value}\n").into_bytes(),
        }
    }

    fn longs(self, values: &[u64]) -> Vec<u8> {
        match self {
            Self::Binary { long } => values
                .iter()
                .flat_map(|value| value.to_le_bytes()[..long].to_vec())
                .collect(),
            Self::Text => line(values.iter().map(u64::to_string)),
        }
    }

    fn doubles(self, values: &[f64]) -> Vec<u8> {
        match self {
            Self::Binary { .. } => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Self::Text => line(values.iter().map(f64::to_string)),
        }
    }

    fn chars(self, bytes: &[u8]) -> Vec<u8> {
        let end: &[u8] = match self {
            Self::Text if !bytes.is_empty() => b"\n",
            _ => b"",
        };
        [&self.int(bytes.len())[..], bytes, end].concat()
    }

    fn text(self, text: &str) -> Vec<u8> {
        [self.int(2), self.chars(text.as_bytes())].concat()
    }

    fn number(self, value: f64) -> Vec<u8> {
        [self.int(1), self.doubles(&[value])].concat()
    }

    fn table(self, index: usize, items: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
        let mut out = [self.int(3), self.int(index), self.int(items.len())].concat();
        for (key, value) in items {
            out.extend_from_slice(key);
            out.extend_from_slice(value);
        }
        out
    }

    fn class(self, index: usize, name: &str, content: &[u8]) -> Vec<u8> {
        [
            &self.int(4)[..],
            &self.int(index),
            &self.chars(b"V 1"),
            &self.chars(name.as_bytes()),
            content,
        ]
        .concat()
    }

    /// A tensor of two numbers, and the storage of it.
    fn tensor(self, index: usize, values: [f64; 2]) -> Vec<u8> {
        let numbers = [self.longs(&[2]), self.doubles(&values)].concat();
        let storage = self.class(index + 1, "torch.DoubleStorage", &numbers);
        let content = [
            self.int(1),
            self.longs(&[2]),
            self.longs(&[1]),
            self.longs(&[1]),
            storage,
        ]
        .concat();
        self.class(index, "torch.DoubleTensor", &content)
    }

    /// A function of a kind (6 without an index, 7 and 8 with one) and the table of what it has around it.
    fn function(self, kind: usize, index: usize, code: &[u8]) -> Vec<u8> {
        let numbered = if kind == 6 {
            Vec::new()
        } else {
            self.int(index)
        };
        [
            self.int(kind),
            numbered,
            self.chars(code),
            self.table(index + 1, &[]),
        ]
        .concat()
    }

    /// A layer with its fields.
    fn layer(self, fields: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
        self.class(1, "nn.Linear", &self.table(2, fields))
    }
}

fn line(values: impl Iterator<Item = String>) -> Vec<u8> {
    let values: Vec<String> = values.collect();
    format!("{}\n", values.join(" ")).into_bytes()
}

const LONG: Form = Form::Binary { long: 8 };
const SHORT: Form = Form::Binary { long: 4 };

/// The heads of compiled functions; nothing here ever runs them.
const JIT: &[u8] = b"\x1bLJ\x02\x02\x0c\0\0\x01\0\0\0\x01K\0\x01\0\0";
const PLAIN: &[u8] = b"\x1bLuaQ\0\x01\x04\x08\x04\x08\0\x01\0\0\0\0\0\0\0";
const SOURCE: &[u8] = b"return function() print('x') end";

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    let mut attack = |name: &str, bytes: Vec<u8>| {
        out.push(Sample::attack(TECHNIQUE, format!("torch7-{name}"), bytes));
    };
    for (of, form) in [("long", LONG), ("short", SHORT), ("text", Form::Text)] {
        let hook = |kind, code: &[u8]| {
            form.layer(&[
                (form.text("weight"), form.tensor(3, [0.5, 1.5])),
                (form.text("updateOutput"), form.function(kind, 5, code)),
            ])
        };
        for (kind, code, what) in [
            (6, JIT, "old"),
            (7, PLAIN, "middle"),
            (8, JIT, "new"),
            (8, SOURCE, "source"),
        ] {
            attack(&format!("{of}-{what}.t7"), hook(kind, code));
            attack(&format!("{of}-{what}.dat"), hook(kind, code));
        }
        attack(&format!("{of}-alone.net"), form.function(8, 1, JIT));
        attack(
            &format!("{of}-alone-source.bin"),
            form.function(8, 1, SOURCE),
        );
    }
    let around = LONG.table(
        2,
        &[(
            LONG.number(1.0),
            LONG.table(3, &[(LONG.text("value"), LONG.function(8, 4, SOURCE))]),
        )],
    );
    let nested = [LONG.int(8), LONG.int(1), LONG.chars(b"f()"), around].concat();
    attack("in-what-is-around.t7", nested);
    let hash = [
        LONG.longs(&[1]),
        LONG.text("f"),
        LONG.function(8, 2, SOURCE),
    ]
    .concat();
    attack("in-hash.t7", LONG.class(1, "tds.Hash", &hash));
    let second = [LONG.tensor(1, [0.5, 1.5]), LONG.function(8, 3, SOURCE)].concat();
    attack("second-object.t7", second);
    // A class of its own writes what only it reads; the bytecode behind is found by its mark.
    let own = [&b"\xff\xff\xff\xff own"[..], JIT].concat();
    attack("own-class.t7", LONG.class(1, "shop.Net", &own));

    let mut twin = |name: &str, bytes: Vec<u8>| {
        out.push(Sample::twin(TECHNIQUE, format!("torch7-{name}"), bytes));
    };
    for (of, form) in [("long", LONG), ("short", SHORT), ("text", Form::Text)] {
        let layer = form.layer(&[
            (form.text("weight"), form.tensor(3, [0.5, 1.5])),
            // The same tensor again is its number alone.
            (form.text("bias"), [form.int(4), form.int(3)].concat()),
            (form.text("note"), form.text("function() end")),
            (form.text("train"), [form.int(5), form.int(0)].concat()),
            (form.text("none"), form.int(0)),
        ]);
        twin(&format!("{of}-layer.t7"), layer.clone());
        twin(&format!("{of}-layer.dat"), layer);
        let options = form.table(1, &[(form.text("size"), form.number(224.0))]);
        twin(&format!("{of}-options.t7"), options);
    }
    // Weights may have the bytes of any mark.
    let marks = [LONG.longs(&[16]), [JIT, JIT].concat()[..16].to_vec()].concat();
    twin(
        "weights-with-marks.t7",
        LONG.class(1, "torch.ByteStorage", &marks),
    );
    twin(
        "own-class-data.t7",
        LONG.class(1, "shop.Net", b"\xff\xff\xff\xff own and nothing else"),
    );
    // Numbers of other formats that begin alike.
    let numbers = |values: &[u32]| values.iter().flat_map(|v| v.to_le_bytes()).collect();
    twin("function-of-zeros.bin", numbers(&[6, 0, 0, 0, 0]));
    twin("numbers.bin", numbers(&[8, 1, 4, 77, 3, 1, 0, 0]));
    twin("counts.dat", b"8\n1\n3\n4\n5\n6\n".to_vec());
    out
}
