//! Files that a program packed, by their first bytes.

/// The program that packs what is read all the same where records are.
pub(super) const GZIP: &str = "gzip";

/// How files begin that these programs packed.
const PACKERS: [(&[u8], &str); 4] = [
    (b"\x1f\x8b", GZIP),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
];

/// The program that packed a file which begins so.
pub(super) fn packer(start: &[u8]) -> Option<&'static str> {
    let packed = PACKERS.iter().find(|(mark, _)| start.starts_with(mark));
    packed.map(|(_, packer)| *packer)
}
