//! Reads the preprocessed data: answers as tab-separated text, the skills of items as a sparse matrix
//! in numpy's container (a ZIP archive of arrays).

use std::io::Read as _;
use std::path::Path;

use flate2::read::DeflateDecoder;

pub(crate) struct Answer {
    pub(crate) user: u32,
    pub(crate) item: u32,
    pub(crate) correct: bool,
}

pub(crate) struct Data {
    pub(crate) train: Vec<Answer>,
    pub(crate) test: Vec<Answer>,
    /// Skills of every item.
    pub(crate) skills: Vec<Vec<u16>>,
}

pub(crate) fn load(folder: &Path) -> Result<Data, String> {
    let skills = skills(&folder.join("q_mat.npz"))?;
    let train = answers(&folder.join("preprocessed_data_train.csv"), skills.len())?;
    let test = answers(&folder.join("preprocessed_data_test.csv"), skills.len())?;
    Ok(Data {
        train,
        test,
        skills,
    })
}

fn answers(file: &Path, items: usize) -> Result<Vec<Answer>, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| {
        head.iter()
            .position(|column| *column == name)
            .ok_or_else(|| format!("{}: no column `{name}`", file.display()))
    };
    let (user, item, correct) = (column("user_id")?, column("item_id")?, column("correct")?);
    lines
        .enumerate()
        .map(|(index, line)| {
            let fields: Vec<&str> = line.split('\t').collect();
            let number = |place: usize| -> Option<u32> { fields.get(place)?.parse().ok() };
            match (number(user), number(item), number(correct)) {
                (Some(user), Some(item), Some(correct)) if (item as usize) < items => Ok(Answer {
                    user,
                    item,
                    correct: correct == 1,
                }),
                _ => Err(format!("{}:{}: not an answer", file.display(), index + 2)),
            }
        })
        .collect()
}

/// The rows of a compressed sparse row matrix.
fn skills(file: &Path) -> Result<Vec<Vec<u16>>, String> {
    let archive = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let starts = integers(&archive, "indptr.npy")?;
    let columns = integers(&archive, "indices.npy")?;
    starts
        .windows(2)
        .map(|pair| {
            columns
                .get(pair[0] as usize..pair[1] as usize)
                .map(|row| row.iter().map(|column| *column as u16).collect())
                .ok_or_else(|| format!("{}: rows beyond its columns", file.display()))
        })
        .collect()
}

/// A one-dimensional array of 32-bit integers out of the archive.
fn integers(archive: &[u8], name: &str) -> Result<Vec<u32>, String> {
    let bad = || format!("{name}: not an array of 32-bit integers in a ZIP archive");
    let bytes = member(archive, name).ok_or_else(bad)?;
    let header = usize::from(*bytes.get(8).ok_or_else(bad)?)
        + (usize::from(*bytes.get(9).ok_or_else(bad)?) << 8);
    let described = bytes.get(10..10 + header).ok_or_else(bad)?;
    if !described.windows(5).any(|part| part == b"'<i4'") {
        return Err(bad());
    }
    Ok(bytes[10 + header..]
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect())
}

/// A member of a ZIP archive by its central directory.
fn member(archive: &[u8], name: &str) -> Option<Vec<u8>> {
    let half = |at: usize| {
        Some(u16::from_le_bytes(
            archive.get(at..at + 2)?.try_into().ok()?,
        ))
    };
    let word = |at: usize| {
        Some(u32::from_le_bytes(
            archive.get(at..at + 4)?.try_into().ok()?,
        ))
    };
    let end = archive.windows(4).rposition(|part| part == b"PK\x05\x06")?;
    let mut at = word(end + 16)? as usize;
    for _ in 0..half(end + 10)? {
        let (method, packed) = (half(at + 10)?, word(at + 20)? as usize);
        let lengths = (half(at + 28)?, half(at + 30)?, half(at + 32)?);
        let place = word(at + 42)? as usize;
        let named = archive.get(at + 46..at + 46 + usize::from(lengths.0))?;
        if named == name.as_bytes() {
            let start =
                place + 30 + usize::from(half(place + 26)?) + usize::from(half(place + 28)?);
            let bytes = archive.get(start..start + packed)?;
            if method == 0 {
                return Some(bytes.to_vec());
            }
            let mut out = Vec::new();
            DeflateDecoder::new(bytes).read_to_end(&mut out).ok()?;
            return Some(out);
        }
        at += 46 + usize::from(lengths.0) + usize::from(lengths.1) + usize::from(lengths.2);
    }
    None
}
