//! Time and memory of the check of model files: very large harmless ones, and small ones made to be slow. Each is
//! written, checked three times on one thread by a fresh process and removed. The run with the least processor time counts: the
//! file is warm then, and on a machine that does nothing else that time is the time on the wall.
//! Needs GNU time.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::path::PathBuf;

use anyhow::Result;

use super::speed;

mod hostile;

const MB: usize = 1 << 20;
/// Records of a large model, and their size: 2 GB.
const RECORDS: usize = 10;
const RECORD: usize = 200 * MB;
/// Dictionaries of the pickle of many opcodes: 116 MB.
const DICTIONARIES: u32 = 3_000_000;

/// What a file may cost.
struct Limit {
    seconds: f64,
    megabytes: f64,
}

const NO_LIMIT: f64 = f64::INFINITY;

type Writer = fn(&mut dyn Write) -> Result<()>;

/// Writes and checks every file; `only` those whose names hold it.
pub(crate) fn models(program: Option<PathBuf>, only: &str) -> Result<()> {
    let trueline = super::program(program)?;
    let folder = tempfile::tempdir()?;
    let large: &[(&str, Writer, Limit)] = &[
        (
            "2 GB torch archive, model.pt",
            torch_archive,
            Limit {
                seconds: 0.1,
                megabytes: NO_LIMIT,
            },
        ),
        (
            "2 GB pickle of blobs, blobs.pkl",
            blobs,
            Limit {
                seconds: 1.0,
                megabytes: 64.0,
            },
        ),
        (
            "2 GB pickle of arrays that begin with zeros, arrays.pkl",
            arrays,
            Limit {
                seconds: 1.0,
                megabytes: 64.0,
            },
        ),
        (
            "116 MB pickle of opcodes, opcodes.pkl",
            opcodes,
            Limit {
                seconds: 1.5,
                megabytes: NO_LIMIT,
            },
        ),
        (
            "2 GB safetensors, model.safetensors",
            safetensors,
            Limit {
                seconds: 0.1,
                megabytes: NO_LIMIT,
            },
        ),
        (
            "2 GB GGUF, model.gguf",
            gguf,
            Limit {
                seconds: 0.1,
                megabytes: NO_LIMIT,
            },
        ),
    ];
    for (what, write, limit) in large {
        if what.contains(only) {
            let name = what.rsplit(' ').next().unwrap_or("model");
            let file = folder.path().join(name);
            let mut out = BufWriter::with_capacity(MB, File::create(&file)?);
            write(&mut out)?;
            out.flush()?;
            drop(out);
            measure(&trueline, folder.path(), what, &file, limit)?;
            std::fs::remove_file(&file)?;
        }
    }
    for (name, bytes) in hostile::files() {
        let what = format!("{} KB, {name}", bytes.len() / 1024);
        if what.contains(only) {
            let file = folder.path().join(name);
            std::fs::write(&file, &bytes)?;
            measure(
                &trueline,
                folder.path(),
                &what,
                &file,
                &Limit {
                    seconds: 1.0,
                    megabytes: 256.0,
                },
            )?;
            std::fs::remove_file(&file)?;
        }
    }
    Ok(())
}

fn measure(trueline: &Path, folder: &Path, what: &str, file: &Path, limit: &Limit) -> Result<()> {
    let mut command = vec![trueline.as_os_str().to_owned()];
    command.extend(
        [
            "scan",
            "--only",
            "artifacts",
            "--no-cache",
            "--quiet",
            "--threads",
            "1",
        ]
        .map(Into::into),
    );
    command.push(file.as_os_str().to_owned());
    let mut best: Option<speed::Cost> = None;
    for _ in 0..3 {
        let cost = speed::run(folder, &command)?;
        if best.as_ref().is_none_or(|b| cost.processor < b.processor) {
            best = Some(cost);
        }
    }
    let Some(cost) = best else { return Ok(()) };
    let is_over = cost.processor > limit.seconds || cost.megabytes > limit.megabytes;
    println!(
        "{what:<48} {:>7.2} s wall {:>7.2} s processor {:>6.0} MB{}",
        cost.seconds,
        cost.processor,
        cost.megabytes,
        if is_over { "  over its limit" } else { "" }
    );
    Ok(())
}

/// Bytes that do not repeat in short periods: what weights look like.
fn noise(out: &mut dyn Write, len: usize) -> Result<()> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut block = Vec::with_capacity(MB);
    while block.len() < MB {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        block.extend(state.to_le_bytes());
    }
    let mut left = len;
    while left > 0 {
        let count = left.min(MB);
        out.write_all(&block[..count])?;
        left -= count;
    }
    Ok(())
}

/// `BINBYTES8` of a record each, in a list.
fn blobs(out: &mut dyn Write) -> Result<()> {
    out.write_all(b"\x80\x04](")?;
    for _ in 0..RECORDS {
        out.write_all(b"\x8e")?;
        out.write_all(&(RECORD as u64).to_le_bytes())?;
        noise(out, RECORD)?;
    }
    out.write_all(b"e.")?;
    Ok(())
}

/// The same of a thousand smaller ones that begin as arrays of numbers often do.
fn arrays(out: &mut dyn Write) -> Result<()> {
    const SIZE: usize = RECORDS * RECORD / 1000;
    out.write_all(b"\x80\x04](")?;
    for _ in 0..1000 {
        out.write_all(b"\x8e")?;
        out.write_all(&(SIZE as u64).to_le_bytes())?;
        out.write_all(&[0; 64])?;
        noise(out, SIZE - 64)?;
    }
    out.write_all(b"e.")?;
    Ok(())
}

/// A list of small dictionaries, memoised as a pickler does.
fn opcodes(out: &mut dyn Write) -> Result<()> {
    out.write_all(b"\x80\x04]\x94(")?;
    for at in 0..DICTIONARIES {
        out.write_all(b"}\x94(\x8c\x02id\x94J")?;
        out.write_all(&at.to_le_bytes())?;
        out.write_all(b"\x8c\x05value\x94G")?;
        out.write_all(&f64::from(at).to_be_bytes())?;
        out.write_all(b"\x8c\x04nameNu")?;
    }
    out.write_all(b"e.")?;
    Ok(())
}

/// Stored members as `torch.save` writes them.
fn torch_archive(out: &mut dyn Write) -> Result<()> {
    let mut pickle = b"\x80\x02}(".to_vec();
    for at in 0..RECORDS {
        pickle.extend([b'X', 1, 0, 0, 0, b'a' + at as u8]);
        pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0");
        pickle.push(b'0' + at as u8);
        pickle.extend(b"X\x03\0\0\0cpuJ");
        pickle.extend(((RECORD / 4) as u32).to_le_bytes());
        pickle.extend(b"tQK\0J");
        pickle.extend(((RECORD / 4) as u32).to_le_bytes());
        pickle.extend(b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR");
    }
    pickle.extend(b"u.");
    let mut central = Vec::new();
    let mut offset = 0u64;
    let mut count = 0u16;
    let mut member = |out: &mut dyn Write, name: &str, bytes: Option<&[u8]>| -> Result<()> {
        let size = bytes.map_or(RECORD, <[u8]>::len) as u32;
        // No checksum of gigabytes here: torch does not look at it either.
        let checksum = bytes.map_or(0, crc32fast::hash);
        let mut head = b"PK\x03\x04\0\0\0\0\0\0\0\0\0\0".to_vec();
        head.extend(checksum.to_le_bytes());
        head.extend(size.to_le_bytes());
        head.extend(size.to_le_bytes());
        head.extend((name.len() as u16).to_le_bytes());
        head.extend([0, 0]);
        head.extend(name.bytes());
        out.write_all(&head)?;
        match bytes {
            Some(bytes) => out.write_all(bytes)?,
            None => noise(out, RECORD)?,
        }
        central.extend(b"PK\x01\x02\0\0\0\0\0\0\0\0\0\0\0\0");
        central.extend(checksum.to_le_bytes());
        central.extend(size.to_le_bytes());
        central.extend(size.to_le_bytes());
        central.extend((name.len() as u16).to_le_bytes());
        central.extend([0; 12]);
        central.extend((offset as u32).to_le_bytes());
        central.extend(name.bytes());
        offset += (head.len() + size as usize) as u64;
        count += 1;
        Ok(())
    };
    member(out, "archive/data.pkl", Some(&pickle))?;
    member(out, "archive/version", Some(b"3\n"))?;
    for at in 0..RECORDS {
        member(out, &format!("archive/data/{at}"), None)?;
    }
    let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
    end.extend(count.to_le_bytes());
    end.extend(count.to_le_bytes());
    end.extend((central.len() as u32).to_le_bytes());
    end.extend((offset as u32).to_le_bytes());
    end.extend([0, 0]);
    out.write_all(&central)?;
    out.write_all(&end)?;
    Ok(())
}

fn safetensors(out: &mut dyn Write) -> Result<()> {
    let entries: Vec<String> = (0..RECORDS)
        .map(|at| {
            format!(
                "\"t{at}\":{{\"dtype\":\"U8\",\"shape\":[{RECORD}],\"data_offsets\":[{},{}]}}",
                at * RECORD,
                (at + 1) * RECORD
            )
        })
        .collect();
    let header = format!("{{{}}}", entries.join(","));
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    noise(out, RECORDS * RECORD)
}

fn gguf(out: &mut dyn Write) -> Result<()> {
    let mut head = b"GGUF\x03\0\0\0".to_vec();
    head.extend((RECORDS as u64).to_le_bytes());
    head.extend(0u64.to_le_bytes());
    for at in 0..RECORDS {
        head.extend(1u64.to_le_bytes());
        head.push(b'a' + at as u8);
        head.extend(1u32.to_le_bytes());
        head.extend((RECORD as u64).to_le_bytes());
        head.extend(24u32.to_le_bytes());
        head.extend(((at * RECORD) as u64).to_le_bytes());
    }
    head.resize(head.len().next_multiple_of(32), 0);
    out.write_all(&head)?;
    noise(out, RECORDS * RECORD)
}
