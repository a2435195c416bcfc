//! What the names of files say of their contents, where these cannot be read: whether lines are lost with them.
//!
//! Contents decide wherever they are here.

use trueline_facts::RepoPath;

/// Whether files of such a name hold no lines: pictures, archives, fonts, documents of office programs, models.
#[must_use]
pub fn is_binary_name(path: &RepoPath) -> bool {
    const KNOWN: [&[u8]; 58] = [
        b"7z",
        b"avi",
        b"avif",
        b"bin",
        b"bmp",
        b"bz2",
        b"db",
        b"docx",
        b"eot",
        b"exe",
        b"flac",
        b"gif",
        b"gz",
        b"heic",
        b"icns",
        b"ico",
        b"iso",
        b"jar",
        b"jpeg",
        b"jpg",
        b"mkv",
        b"mov",
        b"mp3",
        b"mp4",
        b"npy",
        b"npz",
        b"ogg",
        b"otf",
        b"parquet",
        b"pdf",
        b"png",
        b"pptx",
        b"psd",
        b"sqlite",
        b"tar",
        b"tif",
        b"tiff",
        b"ttf",
        b"wav",
        b"webm",
        b"webp",
        b"woff",
        b"woff2",
        b"xlsx",
        b"xz",
        b"zip",
        b"zst",
        b"dll",
        b"ckpt",
        b"gguf",
        b"h5",
        b"keras",
        b"onnx",
        b"pickle",
        b"pkl",
        b"pt",
        b"pth",
        b"safetensors",
    ];
    let extension = path.extension().to_ascii_lowercase();
    KNOWN.contains(&extension.as_slice())
}
