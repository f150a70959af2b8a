import { expect, test } from '@jest/globals';
import { remoteCommand } from './remote-command.js';
import { workspace } from './workspace.js';

test('a remote command does what the test says when the test says it', async () => {
  const space = workspace();
  const command = await remoteCommand();
  const running = space.start(command.words);
  const process = await command.started();
  await process.does('write', 'a');
  expect(space.exists('a')).toBe(true);
  space.write({ b: '' });
  await process.does('read', 'b', 'unlink', 'a');
  expect(space.exists('a')).toBe(false);
  await process.does('write', Buffer.from([0x61, 0xff]));
  expect(space.exists(Buffer.from([0x61, 0xff]))).toBe(true);
  await expect(process.does('read', 'a')).rejects.toThrow('did not do as told: read a: ENOENT');
  process.exits(5);
  expect((await running.ended()).status).toBe(5);
  command.close();
});

test('a remote command that is killed answers with an error', async () => {
  const command = await remoteCommand();
  const running = workspace().start(command.words);
  const process = await command.started();
  running.kill('SIGKILL');
  await expect(process.does('read', 'a')).rejects.toThrow();
  expect(await running.ended()).toMatchObject({ status: null, signal: 'SIGKILL' });
  command.close();
});
