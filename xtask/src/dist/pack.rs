//! The archive: a gzip-compressed tar whose bytes depend on its members alone.

use anyhow::Result;
use flate2::{Compression, GzBuilder};

use super::Member;

/// One folder with the members in it.
pub(super) fn tar_gz(folder: &str, members: &[Member]) -> Result<Vec<u8>> {
    let packed = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    let mut archive = tar::Builder::new(packed);
    for member in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(member.content.len() as u64);
        header.set_mode(if member.executable { 0o755 } else { 0o644 });
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_entry_type(tar::EntryType::Regular);
        let path = format!("{folder}/{}", member.path);
        archive.append_data(&mut header, path, member.content.as_slice())?;
    }
    Ok(archive.into_inner()?.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_back_with_their_rights_and_the_bytes_are_the_same_each_time() {
        let members = [
            Member {
                path: "trueline".to_owned(),
                content: b"program".to_vec(),
                executable: true,
            },
            Member::text("man/trueline.1", "page"),
        ];
        let packed = tar_gz("x", &members).unwrap();
        assert_eq!(packed, tar_gz("x", &members).unwrap());
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(packed.as_slice()));
        let seen: Vec<(String, u32)> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let path = entry.path().unwrap().display().to_string();
                (path, entry.header().mode().unwrap())
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("x/trueline".to_owned(), 0o755),
                ("x/man/trueline.1".to_owned(), 0o644)
            ]
        );
    }
}
