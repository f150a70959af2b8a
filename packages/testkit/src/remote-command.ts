import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildActs } from './acts.js';

/** A command whose every step the test decides while it runs. */
export interface RemoteCommand {
  /** What to run: it connects to the test, and does nothing else by itself. */
  readonly words: readonly string[];
  /** Waits for its next start. */
  started(): Promise<RemoteProcess>;
  close(): void;
}

/** One run of a RemoteCommand. */
export interface RemoteProcess {
  /** Has it perform acts (see native/acts.c), and waits until they are done. Throws if one went otherwise. */
  does(...words: (string | Uint8Array)[]): Promise<void>;
  /** Has it exit with this status. */
  exits(status: number): void;
}

/** Makes the command; `close` it at the end of the test. */
export async function remoteCommand(): Promise<RemoteCommand> {
  // The name of a socket can have 107 bytes, so it cannot lie wherever a test likes.
  const folder = mkdtempSync(join(tmpdir(), 'oodate-remote-'));
  const socket = join(folder, 's');
  const server = createServer();
  const starts = waitingSockets(server);
  server.listen(socket);
  await once(server, 'listening');
  return {
    words: [buildActs(), 'remote', socket],
    started: async () => remoteProcess(await starts()),
    close: () => {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Gives the connections one by one, those made before they are asked for too. */
function waitingSockets(server: Server): () => Promise<Socket> {
  const connected: Socket[] = [];
  const asked: ((socket: Socket) => void)[] = [];
  server.on('connection', (socket) => {
    const next = asked.shift();
    if (next === undefined) connected.push(socket);
    else next(socket);
  });
  return () => {
    const socket = connected.shift();
    return socket === undefined ? new Promise((resolve) => asked.push(resolve)) : Promise.resolve(socket);
  };
}

function remoteProcess(socket: Socket): RemoteProcess {
  socket.setEncoding('utf8');
  // After an error comes 'close', which whoever waits for an answer hears.
  socket.on('error', () => {});
  const send = (words: (string | Uint8Array)[]) => {
    const nul = Buffer.of(0);
    socket.write(Buffer.concat([...words.flatMap((word) => [Buffer.from(word), nul]), nul]));
  };
  return {
    does: async (...words) => {
      const answered = nextLine(socket);
      send(words);
      const answer = await answered;
      if (answer !== 'ok') throw new Error(`the remote command did not do as told: ${answer}`);
    },
    exits: (status) => send(['exit', String(status)]),
  };
}

function nextLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const ended = () => reject(new Error('the remote command ended before it answered'));
    const heard = (more: string) => {
      text += more;
      if (!text.endsWith('\n')) return;
      socket.off('data', heard).off('close', ended);
      resolve(text.trimEnd());
    };
    if (socket.closed) ended();
    socket.on('data', heard).on('close', ended);
  });
}
