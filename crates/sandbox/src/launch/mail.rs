//! Packets on the socket between caller and launcher.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};

use nix::cmsg_space;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, send as send_packet, sendmsg,
};
use serde::Serialize;

use super::calls;
use crate::plan::PACKET_BYTES;

/// More than any plan brings.
const DESCRIPTORS: usize = 8;

/// Sends a document.
pub(crate) fn send(socket: BorrowedFd<'_>, document: &impl Serialize) -> io::Result<()> {
    let packet = serde_json::to_vec(document)?;
    send_packet(socket.as_raw_fd(), &packet, MsgFlags::MSG_NOSIGNAL)?;
    Ok(())
}

/// Sends a document and copies of descriptors.
pub(crate) fn send_with(
    socket: BorrowedFd<'_>,
    document: &impl Serialize,
    descriptors: &[RawFd],
) -> io::Result<()> {
    let packet = serde_json::to_vec(document)?;
    if packet.len() > PACKET_BYTES {
        return Err(io::Error::other(
            "arguments, environment and mounts together are too long",
        ));
    }
    sendmsg::<()>(
        socket.as_raw_fd(),
        &[IoSlice::new(&packet)],
        &[ControlMessage::ScmRights(descriptors)],
        MsgFlags::MSG_NOSIGNAL,
        None,
    )?;
    Ok(())
}

/// The next packet with its descriptors, of which programs started later inherit none; an empty
/// packet is the end.
pub(crate) fn receive(socket: BorrowedFd<'_>) -> io::Result<(Vec<u8>, Vec<OwnedFd>)> {
    let mut packet = vec![0; PACKET_BYTES];
    let mut room = cmsg_space!([RawFd; DESCRIPTORS]);
    let mut parts = [IoSliceMut::new(&mut packet)];
    let message = recvmsg::<()>(
        socket.as_raw_fd(),
        &mut parts,
        Some(&mut room),
        MsgFlags::MSG_CMSG_CLOEXEC,
    )?;
    let descriptors = message
        .cmsgs()?
        .filter_map(|control| match control {
            ControlMessageOwned::ScmRights(numbers) => Some(numbers),
            _ => None,
        })
        .flatten()
        .map(calls::own)
        .collect();
    let length = message.bytes;
    packet.truncate(length);
    Ok((packet, descriptors))
}
