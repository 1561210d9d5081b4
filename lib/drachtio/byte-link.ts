import WireProtocol from 'drachtio-srf/lib/wire-protocol';
import { randomUUID } from 'node:crypto';
import { AdminFrameReader, writeAdminFrame } from '../wire/admin-frames';
import { bytesOf } from '../wire/bytes';

/*
 * drachtio-srf reads and writes its link as UTF-8, which spoils every body and header that is none. From now on its
 * texts have one character a byte (latin1), as everywhere in edge80.
 */

/** Bytes of one frame of the server. */
const longestFrame = 4_194_304;

const readers = new WeakMap<object, AdminFrameReader>();

/** A frame that cannot be read leaves no way to tell where the next one begins: the link is made anew. */
WireProtocol.prototype._onData = function (socket, chunk) {
  let reader = readers.get(socket);
  if (!reader) readers.set(socket, (reader = new AdminFrameReader(longestFrame)));
  let messages: string[];
  try {
    messages = reader.push(chunk);
  } catch (error) {
    socket.destroy(error as Error);
    return;
  }
  for (const message of messages) this.emit('msg', socket, message);
};

WireProtocol.prototype.send = function (socket, message) {
  const id = randomUUID();
  socket.write(writeAdminFrame(bytesOf(`${id}|${message}`)));
  return id;
};
