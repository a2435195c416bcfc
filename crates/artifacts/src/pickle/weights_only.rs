//! What `torch.load(weights_only=True)` takes: the names and opcodes that its unpickler knows, as of torch 2.6.
//!
//! Whether a file loads so is what advice depends on; it says nothing about harm, since programs go on without it.

use super::opcode as op;

/// Opcodes that it reads; with any other it gives up.
const OPCODES: &[u8] = &[
    op::MARK,
    op::STOP,
    op::BININT,
    op::BININT1,
    op::BININT2,
    op::NONE,
    op::BINPERSID,
    op::REDUCE,
    op::SHORT_BINSTRING,
    op::BINUNICODE,
    op::APPEND,
    op::APPENDS,
    op::BUILD,
    op::GLOBAL,
    op::EMPTY_DICT,
    op::EMPTY_LIST,
    op::EMPTY_SET,
    op::EMPTY_TUPLE,
    op::BINGET,
    op::LONG_BINGET,
    op::BINPUT,
    op::LONG_BINPUT,
    op::SETITEM,
    op::SETITEMS,
    op::TUPLE,
    op::TUPLE1,
    op::TUPLE2,
    op::TUPLE3,
    op::BINFLOAT,
    op::PROTO,
    op::NEWOBJ,
    op::NEWTRUE,
    op::NEWFALSE,
    op::LONG1,
];

/// Names that it knows by themselves.
const NAMES: &[&str] = &[
    "collections.OrderedDict",
    "collections.Counter",
    "torch.nn.parameter.Parameter",
    "torch.serialization._get_layout",
    "torch.Size",
    "torch.Tensor",
    "torch.device",
    "_codecs.encode",
    "builtins.bytearray",
    "builtins.set",
    "builtins.complex",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch._utils._rebuild_qtensor",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3",
    "torch._utils._rebuild_sparse_tensor",
    "torch._utils._rebuild_meta_tensor_no_storage",
    "torch._utils._rebuild_wrapper_subclass",
    "torch._utils._rebuild_device_tensor_from_numpy",
    "torch._utils._rebuild_device_tensor_from_cpu_tensor",
    "torch._tensor._rebuild_from_type_v2",
    "torch.storage.TypedStorage",
    "torch.storage.UntypedStorage",
    "torch.per_tensor_affine",
    "torch.per_tensor_symmetric",
    "torch.per_channel_affine",
    "torch.per_channel_symmetric",
    "torch.per_channel_affine_float_qparams",
    "torch.bool",
    "torch.bfloat16",
];

/// Kinds of numbers in the names of storages and tensors.
const KINDS: &[&str] = &[
    "Double",
    "Float",
    "Long",
    "Int",
    "Short",
    "Char",
    "Byte",
    "Half",
    "Bool",
    "BFloat16",
    "ComplexDouble",
    "ComplexFloat",
    "QUInt8",
    "QInt8",
    "QInt32",
    "QUInt4x2",
    "QUInt2x4",
];

/// Does it know the name?
pub(super) fn allows(module: &str, name: &str) -> bool {
    let full = format!("{module}.{name}");
    if NAMES.contains(&full.as_str()) {
        return true;
    }
    if matches!(
        module,
        "torch" | "torch.cuda" | "torch.sparse" | "torch.cuda.sparse"
    ) && ["Storage", "Tensor"].iter().any(|end| {
        name.strip_suffix(end)
            .is_some_and(|kind| KINDS.contains(&kind))
    }) {
        return true;
    }
    // Types of numbers: `float32`, `float8_e4m3fn`, `quint4x2`.
    module == "torch"
        && ["float", "int", "uint", "complex", "qint", "quint"]
            .iter()
            .any(|kind| {
                name.strip_prefix(kind)
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            })
}

/// Does it read the opcode?
pub(super) fn reads(opcode: u8) -> bool {
    READS[usize::from(opcode)]
}

/// Asked at each opcode: a list would take longer than the opcode.
const READS: [bool; 256] = {
    let mut reads = [false; 256];
    let mut at = 0;
    while at < OPCODES.len() {
        reads[OPCODES[at] as usize] = true;
        at += 1;
    }
    reads
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tensors_are_taken_and_classes_of_programs_are_not() {
        for (module, name) in [
            ("torch._utils", "_rebuild_tensor_v2"),
            ("torch", "FloatStorage"),
            ("torch.cuda", "HalfTensor"),
            ("torch", "float8_e4m3fn"),
            ("collections", "OrderedDict"),
        ] {
            assert!(allows(module, name), "{module}.{name}");
        }
        for (module, name) in [
            ("argparse", "Namespace"),
            ("collections", "defaultdict"),
            ("torch.nn.modules.linear", "Linear"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("evil", "FloatStorage"),
            ("torch", "floating"),
        ] {
            assert!(!allows(module, name), "{module}.{name}");
        }
        assert!(reads(op::REDUCE) && !reads(op::STACK_GLOBAL) && !reads(op::INST));
    }
}
