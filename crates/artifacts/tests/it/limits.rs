//! Limits are told: what was not looked at is never called clean, and work is bounded by counts of steps and bytes.

use trueline_artifacts::check_bytes;
use trueline_facts::RepoPath;
use trueline_facts::artifact::{Artifact, Verdict};

use crate::corpus::pickles::Pickle;

fn check(name: &str, bytes: Vec<u8>) -> Artifact {
    check_bytes(bytes, RepoPath::from(name))
}

fn is_told(record: &Artifact) -> bool {
    record.verdict >= Verdict::Unknown
        && record
            .reasons
            .iter()
            .any(|reason| reason.technique == "budget-exhausted")
}

#[test]
fn rows_behind_those_that_a_computation_follows_are_told() {
    let mut rows = b"](".to_vec();
    for _ in 0..64 {
        rows.extend(b"(cbuiltins\nlen\n]t");
    }
    rows.extend(b"(cshop.models\nrun\n\x8c\x01xte");
    let bytes = Pickle::new(4)
        .raw(b"cbuiltins\nlist\n(citertools\nstarmap\n(coperator\ncall\n")
        .raw(&rows)
        .raw(b"tRtR")
        .stop();
    assert!(is_told(&check("m.pkl", bytes)));
}

#[test]
fn arguments_behind_those_that_are_looked_at_are_told() {
    let bytes = Pickle::new(4)
        .raw(b"cnumpy\ndtype\n(")
        .raw(&b"N".repeat(64))
        .raw(b"cshop.models\nrun\ntR")
        .stop();
    assert!(is_told(&check("m.pkl", bytes)));
}

#[test]
fn lines_without_an_end_are_paid_for() {
    // Each mark of a protocol is tried, and each line is looked for to the end of the file.
    let bytes = b"\x80\x02c".repeat((1 << 20) / 3);
    assert!(is_told(&check("m.pkl", bytes)));
}

#[test]
fn places_that_look_like_pickles_are_told_when_they_are_too_many() {
    let mut bytes = b"xx".to_vec();
    bytes.extend(b"\x80\x02N0".repeat(250_000));
    assert!(is_told(&check("m.bin", bytes)));
}

#[test]
fn tables_that_share_bytes_are_told_when_they_are_too_many() {
    // A vector of one million tensors, in each of one thousand graphs of a model.
    let mut out = vec![0u8; 8];
    out[4..8].copy_from_slice(b"TFL3");
    let vtable = out.len() as u32;
    out.extend([10u16, 8, 0, 0, 4].iter().flat_map(|n| n.to_le_bytes()));
    out.extend([0, 0]);
    let model = out.len() as u32;
    out[..4].copy_from_slice(&model.to_le_bytes());
    out.extend((model - vtable).to_le_bytes());
    out.extend(4u32.to_le_bytes());
    // The vector of graphs, each of which is the table behind it.
    let count = 100_000u32;
    out.extend(count.to_le_bytes());
    let graphs = out.len() as u32;
    let graph = graphs + 4 * count + 8;
    for at in 0..count {
        out.extend((graph - graphs - 4 * at).to_le_bytes());
    }
    out.extend([6u16, 8, 4, 0].iter().flat_map(|n| n.to_le_bytes()));
    out.extend(8u32.to_le_bytes());
    // Its tensors: a vector whose count is what the file has.
    out.extend(4u32.to_le_bytes());
    out.extend(100_000u32.to_le_bytes());
    for at in 0..100_000u32 {
        out.extend((400_000 - 4 * at).to_le_bytes());
    }
    out.extend([0; 64]);
    assert!(is_told(&check("m.tflite", out)));
}

#[test]
fn states_are_looked_at_once_however_often_they_are_set() {
    // One state of many expressions that is set very often: the work is that of one.
    let mut head = b"\x80\x02]}q\x00(".to_vec();
    for at in 0..64 {
        let text = format!("x__{}", "+1".repeat(500));
        head.extend(format!("U\x03k{at:02}X").bytes());
        head.extend((text.len() as u32).to_le_bytes());
        head.extend(text.bytes());
    }
    head.extend(b"u0");
    head.extend(b"h\x00b".repeat(300_000));
    head.push(b'.');
    assert_eq!(check("m.pkl", head).verdict, Verdict::Clean);
}

#[test]
fn a_configuration_that_names_itself_ends() {
    let function = "{\"class_name\":\"function\",\"module\":\"builtins\",\"config\":{\"module\":\"builtins\",\"class_name\":\"function\"}}";
    let record = check("config.json", function.as_bytes().to_vec());
    assert!(record.verdict <= Verdict::Unknown, "{record:?}");
}

#[test]
fn links_that_are_not_followed_are_told() {
    use crate::corpus::archives::{tar, tar_entry};
    // A header before all members gives each of them the same target of many parts.
    let record = |text: &str| {
        let length = text.len() + 6;
        format!("{length} {text}\n")
    };
    let long = record(&format!("linkpath={}", "b/".repeat(2000)));
    let head = tar_entry("pax", b'g', "", long.as_bytes());
    let links = |count: usize| {
        let link = |n: usize| tar_entry(&format!("a{n}"), b'2', "", b"");
        let entries = std::iter::once(head.clone()).chain((0..count).map(link));
        check("m.tar", tar(&entries.collect::<Vec<_>>()))
    };
    assert_eq!(links(50).verdict, Verdict::Clean);
    let many = links(3000);
    assert!(is_told(&many) && many.verdict == Verdict::Suspicious);
}

#[test]
fn templates_that_are_not_read_are_told() {
    use crate::corpus::archives::{tar, tar_entry};
    use crate::corpus::pickles::gzip;
    let template = "{{ messages }}".repeat(100_000);
    let of = |count: usize| {
        let name = |n| format!("{n}/chat_template.jinja");
        let file = |n| tar_entry(&name(n), b'0', "", template.as_bytes());
        check(
            "m.tar.gz",
            gzip(&tar(&(0..count).map(file).collect::<Vec<_>>())),
        )
    };
    assert_eq!(of(2).verdict, Verdict::Clean);
    assert!(is_told(&of(12)));
}

#[test]
fn code_that_is_not_followed_is_told() {
    use crate::corpus::archives::{tar, tar_entry};
    use crate::corpus::pickles::gzip;
    let code = "a = len(b)\n".repeat(10_000);
    let of = |count: usize| {
        let configuration = br#"{"auto_map": {"AutoModel": "modeling_0.Net"}}"#;
        let mut entries = vec![tar_entry("config.json", b'0', "", configuration)];
        let file = |n| tar_entry(&format!("modeling_{n}.py"), b'0', "", code.as_bytes());
        entries.extend((0..count).map(file));
        check("m.tar.gz", gzip(&tar(&entries)))
    };
    assert!(!is_told(&of(2)));
    assert!(is_told(&of(50)));
}

#[test]
fn yaml_that_is_not_parsed_is_told_and_looked_at_by_lines() {
    use crate::corpus::archives::{tar, tar_entry};
    use crate::corpus::pickles::gzip;
    let harmless = "a: [1, 2]\n".repeat(20_000);
    let hostile = format!("{harmless}x:\n  _target_: os.system\n");
    let of = |count: usize, last: &str| {
        let file = |text: &str, n| tar_entry(&format!("{n}.yaml"), b'0', "", text.as_bytes());
        let mut entries: Vec<Vec<u8>> = (0..count).map(|n| file(&harmless, n)).collect();
        entries.push(file(last, count));
        check("m.tar.gz", gzip(&tar(&entries)))
    };
    assert!(!is_told(&of(2, &harmless)));
    assert!(is_told(&of(10, &harmless)));
    assert_eq!(of(10, &hostile).verdict, Verdict::Malicious);
    // Lines have a budget too; what is behind it is told, and never harmless.
    let far = of(100, &harmless);
    let told = |reason: &trueline_facts::artifact::Reason| {
        reason.message.starts_with("not all YAML was looked at")
    };
    assert!(far.reasons.iter().any(told));
    assert!(far.verdict > Verdict::Clean);
    assert!(!of(10, &harmless).reasons.iter().any(told));
}

/// A field with bytes, of any length.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    crate::corpus::frameworks::field(number, bytes)
}

#[test]
fn a_path_that_goes_through_nodes_in_the_wrong_order_is_paid_for() {
    // A saver whose path goes through nodes each of which stands before the one that asks for it, and is long.
    let node = |name: &str, op: &str, input: &str, padding: usize| {
        let mut node = [
            field(1, name.as_bytes()),
            field(2, op.as_bytes()),
            field(3, input.as_bytes()),
        ]
        .concat();
        node.extend(b"\x30\x00".repeat(padding));
        field(1, &node)
    };
    let mut graph = node("save", "SaveV2", "n0", 0);
    for at in (0..600).rev() {
        let (name, input) = (format!("n{at}"), format!("n{}", at + 1));
        graph.extend(node(&name, "Identity", &input, 200));
    }
    assert!(is_told(&check("m.pb", graph)));
}

#[test]
fn tensors_that_share_bytes_are_unpacked_within_one_budget() {
    use crate::corpus::pickles::zlib;
    let packed = zlib(&vec![0; 3 << 20]);
    let count = 2_000u64;
    let mut file = b"GGUF\x03\0\0\0".to_vec();
    file.extend(count.to_le_bytes());
    file.extend(0u64.to_le_bytes());
    for at in 0..count {
        let name = format!("t{at}");
        file.extend((name.len() as u64).to_le_bytes());
        file.extend(name.bytes());
        file.extend(1u32.to_le_bytes());
        file.extend((packed.len() as u64).to_le_bytes());
        file.extend(24u32.to_le_bytes());
        file.extend(0u64.to_le_bytes());
    }
    file.resize(file.len().next_multiple_of(32), 0);
    file.extend(&packed);
    assert!(is_told(&check("m.gguf", file)));
}

#[test]
fn marks_of_compressed_data_in_data_are_paid_for() {
    // Each mark begins a stream of stored blocks that goes on to the end of the file.
    let mut unit = b"\x1f\x8b\x08\0\0\0\0\0\0\0\0".to_vec();
    unit.extend(65_530u16.to_le_bytes());
    unit.extend((!65_530u16).to_le_bytes());
    let mut file = b"\x1c\0\0\0TFL3".to_vec();
    file.resize(36, 0);
    file.extend(unit.repeat(40_000));
    assert!(is_told(&check("m.tflite", file)));
}

#[test]
fn messages_of_objects_that_share_bytes_are_paid_for() {
    // Headers in headers: each object has the messages of all that begin behind it, each with very many dimensions.
    let message = |kind: u16, bytes: &[u8]| {
        let mut out = kind.to_le_bytes().to_vec();
        out.extend((bytes.len() as u16).to_le_bytes());
        out.extend([0; 4]);
        out.extend(bytes);
        out
    };
    let mut header = vec![1, 0, 1, 0, 1, 0, 0, 0];
    header.extend(100_000u32.to_le_bytes());
    header.extend([0; 4]);
    let sizes = [2, 255, 0, 0, 0, 0, 0, 0];
    let cell = [message(0, &header), message(1, &sizes).repeat(4)].concat();
    let (node_at, per_node) = (96 + 16 + 24, 60u16);
    let cells_at = node_at + 8 + usize::from(per_node) * 40;
    let table = [(node_at as u64).to_le_bytes(), 0u64.to_le_bytes()].concat();
    let mut file = crate::corpus::formats::hdf5(&[(0x11, table)]);
    file.resize(node_at, 0);
    file.extend(b"SNOD\x01\0");
    file.extend(per_node.to_le_bytes());
    for at in 0..usize::from(per_node) {
        let address = cells_at + at * cell.len() + 8;
        file.extend(0u64.to_le_bytes());
        file.extend((address as u64).to_le_bytes());
        file.extend([0; 24]);
    }
    file.extend(cell.repeat(400));
    let end = file.len() as u64;
    file[40..48].copy_from_slice(&end.to_le_bytes());
    assert!(is_told(&check("m.h5", file)));
}

#[test]
fn raw_content_that_was_not_searched_to_its_end_is_never_clean() {
    let noise = vec![0xc1; (64 << 20) + 1];
    for name in ["blob", "m.dat", "m.bin"] {
        assert!(is_told(&check(name, noise.clone())), "{name}");
    }
    let text = vec![b'-'; (64 << 20) + 1];
    assert!(is_told(&check("m.pkl", text.clone())));
    // Of a text that no loader takes it is a remark.
    let table = check("m.csv", text);
    assert_eq!(table.verdict, Verdict::Clean);
    let mut reasons = table.reasons.iter();
    assert!(reasons.any(|reason| reason.technique == "budget-exhausted"));
}

#[test]
fn marks_of_compressed_files_are_looked_at_within_a_budget() {
    // Every mark begins a header that ends with the file: a look at each would be quadratic.
    let mut out = vec![0u8; 8];
    out[4..8].copy_from_slice(b"TFL3");
    out.extend(b"\x1f\x8b\x08".repeat(300_000));
    assert!(is_told(&check("m.tflite", out.clone())));
    // A few by chance cost nothing, and a whole stream among them is found.
    out.truncate(8 + 3 * 50);
    assert!(!is_told(&check("m.tflite", out.clone())));
    out.extend(crate::corpus::pickles::gzip(
        b"\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R.",
    ));
    let record = check("m.tflite", out);
    assert_eq!(record.verdict, Verdict::Malicious, "{record:?}");
}

#[test]
fn a_call_behind_a_million_harmless_ones_is_found() {
    let before = [
        b"\x80\x02cshop.models\nmake\nq\x000",
        &b"h\x00)R0".repeat(1_000_000)[..],
    ]
    .concat();
    let harmless = crate::corpus::pickles::gzip(&[&before[..], b"N."].concat());
    assert!(harmless.len() < 1 << 16);
    assert_eq!(check("m.pkl.gz", harmless).verdict, Verdict::Unknown);
    let attack = [&before[..], b"cposix\nsystem\n(U\x06echo xtR."].concat();
    let record = check("m.pkl.gz", crate::corpus::pickles::gzip(&attack));
    assert_eq!(record.verdict, Verdict::Malicious, "{record:?}");
}

#[test]
fn a_small_file_that_unpacks_to_very_many_objects_is_told() {
    // Nothing is called, so that each object alone is paid for.
    let objects = [b"\x80\x02N", &b")\x85\x85\x850".repeat(1_600_000)[..], b"."].concat();
    let record = check("m.pkl.gz", crate::corpus::pickles::gzip(&objects));
    assert!(is_told(&record), "{record:?}");
}
