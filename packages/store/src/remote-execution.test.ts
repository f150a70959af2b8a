import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { dice, rounds } from '@oodate/testkit';
import protobuf from 'protobufjs/light.js';
import { digestOf } from './digest.js';
import {
  type Action,
  type ActionResult,
  actionKey,
  decodeActionResult,
  decodeOwnPart,
  encodeActionResult,
} from './remote-execution.js';

const digest = (text: string) => digestOf(Buffer.from(text));

const result: ActionResult = {
  outputFiles: [
    { path: 'dist/a.js', digest: digest('a'), mode: 0o644 },
    { path: 'dist/run', digest: { hash: digest('b').hash, size: 5 * 2 ** 40 }, mode: 0o755 },
    { path: 'dist/empty', digest: digest(''), mode: 0 },
  ],
  outputSymlinks: [{ path: 'dist/link', target: '../a' }],
  outputDirectories: [{ path: 'dist/none', treeDigest: digest('\n\0') }],
  stdout: digest('output'),
  result: { meta: digest('meta'), root: '/home/me/project' },
};

const noBytes = { hash: digest('').hash };

const empty: ActionResult = { outputFiles: [], outputSymlinks: [], outputDirectories: [] };

const action: Action = {
  arguments: ['cc', '-c', '', 'foo.c'],
  environment: [
    ['PATH', '/bin'],
    ['LANG', ''],
  ],
  directory: 'packages/a',
  inputRoot: digest('facts'),
  salt: 'oodate 1',
};

/** The messages as Bazel's own description has them, for the library's general encoder and decoder. */
const messages = protobuf.Root.fromJSON({
  nested: {
    Digest: { fields: { hash: { type: 'string', id: 1 }, sizeBytes: { type: 'int64', id: 2 } } },
    UInt32Value: { fields: { value: { type: 'uint32', id: 1 } } },
    NodeProperties: { fields: { unixMode: { type: 'UInt32Value', id: 3 } } },
    OutputFile: {
      fields: {
        path: { type: 'string', id: 1 },
        digest: { type: 'Digest', id: 2 },
        isExecutable: { type: 'bool', id: 4 },
        contents: { type: 'bytes', id: 5 },
        nodeProperties: { type: 'NodeProperties', id: 7 },
      },
    },
    OutputSymlink: { fields: { path: { type: 'string', id: 1 }, target: { type: 'string', id: 2 } } },
    OutputDirectory: { fields: { path: { type: 'string', id: 1 }, treeDigest: { type: 'Digest', id: 3 } } },
    Any: { fields: { typeUrl: { type: 'string', id: 1 }, value: { type: 'bytes', id: 2 } } },
    ExecutedActionMetadata: {
      fields: {
        worker: { type: 'string', id: 1 },
        auxiliaryMetadata: { rule: 'repeated', type: 'Any', id: 11 },
      },
    },
    ActionResult: {
      fields: {
        outputFiles: { rule: 'repeated', type: 'OutputFile', id: 2 },
        outputDirectories: { rule: 'repeated', type: 'OutputDirectory', id: 3 },
        exitCode: { type: 'int32', id: 4 },
        stdoutDigest: { type: 'Digest', id: 6 },
        executionMetadata: { type: 'ExecutedActionMetadata', id: 9 },
        outputSymlinks: { rule: 'repeated', type: 'OutputSymlink', id: 12 },
      },
    },
    EnvironmentVariable: { fields: { name: { type: 'string', id: 1 }, value: { type: 'string', id: 2 } } },
    Command: {
      fields: {
        arguments: { rule: 'repeated', type: 'string', id: 1 },
        environmentVariables: { rule: 'repeated', type: 'EnvironmentVariable', id: 2 },
        workingDirectory: { type: 'string', id: 6 },
      },
    },
    Action: {
      fields: {
        commandDigest: { type: 'Digest', id: 1 },
        inputRootDigest: { type: 'Digest', id: 2 },
        salt: { type: 'bytes', id: 9 },
      },
    },
  },
});

describe('an entry', () => {
  test.each<[string, ActionResult]>([
    ['of everything', result],
    ['of nothing', empty],
    ['that may be used at any place', { ...empty, result: { meta: digest('meta'), root: '' } }],
  ])('%s is read as it was written', (_, value) => {
    expect(decodeActionResult(encodeActionResult(value))).toEqual(value);
  });

  test.each(['ä/日本', 'a\udcff\udc80', '\udcc3(', '\udced\udca0\udc80', 'a\nb', 'x'.repeat(99)])(
    'keeps the name %j',
    (name) => {
      const value = { ...empty, outputSymlinks: [{ path: name, target: name }] };
      expect(decodeActionResult(encodeActionResult(value))).toEqual(value);
    },
  );

  test("is a message of Bazel's protocol", () => {
    const read = messages.lookupType('ActionResult').decode(encodeActionResult(result)).toJSON();
    const shown = ({ hash, size }: { hash: string; size: number }) => ({
      hash,
      ...(size > 0 && { sizeBytes: String(size) }),
    });
    expect(read).toEqual({
      outputFiles: result.outputFiles.map(({ path, digest, mode }) => ({
        path,
        digest: shown(digest),
        ...(mode === 0o755 && { isExecutable: true }),
        nodeProperties: { unixMode: mode === 0 ? {} : { value: mode } },
      })),
      outputDirectories: [{ path: 'dist/none', treeDigest: shown(digest('\n\0')) }],
      outputSymlinks: result.outputSymlinks,
      stdoutDigest: shown(digest('output')),
      executionMetadata: {
        auxiliaryMetadata: [{ typeUrl: 'oodate/oodate.Entry', value: expect.any(String) }],
      },
    });
  });

  test('is the same after a server has written it anew, with more in it', () => {
    const type = messages.lookupType('ActionResult');
    const value = type.decode(encodeActionResult(result)).toJSON();
    value.executionMetadata.worker = 'w';
    value.executionMetadata.auxiliaryMetadata.unshift({ typeUrl: 'x/Other', value: '' });
    value.outputFiles[0].contents = 'YQ==';
    const bytes = type.encode(type.fromObject(value)).finish();
    expect(decodeActionResult(bytes)).toEqual(result);
    expect(decodeOwnPart(bytes).result).toEqual(result.result);
  });

  test('with any one bit changed is damaged, or says the same', () => {
    const bytes = encodeActionResult(result);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      const read = readOrDamage(changed);
      if (read !== 'damaged') expect([bit, read]).toEqual([bit, result]);
      expect([bit, readOrDamage(changed, decodeOwnPart)]).toEqual([
        bit,
        read === 'damaged' ? read : expect.objectContaining({ result: result.result }),
      ]);
    }
  });

  test.each([result, { ...empty, result: { meta: digest('meta'), root: '' } }])(
    'tells of its result without its outputs',
    (value) => {
      expect(decodeOwnPart(encodeActionResult(value))).toEqual({ result: value.result });
      expect(decodeOwnPart(encodeActionResult(empty))).toEqual({});
    },
  );

  test('cut short, or with what is drawn by lot, is damaged', () => {
    const bytes = encodeActionResult(result);
    for (let length = 0; length < bytes.length; length += 1)
      expect([length, readOrDamage(bytes.subarray(0, length))]).toEqual([length, 'damaged']);
    const { seed, below, bytes: draw } = dice();
    for (let round = 0; round < rounds(2000); round += 1)
      expect([seed, round, readOrDamage(draw(below(80)))]).toEqual([seed, round, 'damaged']);
  });

  test.each<[string, string, object]>([
    [
      'a digest that is a path',
      'no digest',
      { outputFiles: [{ path: 'a', digest: { hash: '../../../etc/passwd' } }] },
    ],
    ['a negative size', 'no digest', { stdoutDigest: { ...noBytes, sizeBytes: -1 } }],
    [
      'a size beyond all numbers',
      'no digest',
      { stdoutDigest: { ...noBytes, sizeBytes: '9007199254740993' } },
    ],
    ['an output without a digest', 'no digest', { outputFiles: [{ path: 'a' }] }],
    [
      'a mode that is none',
      'mode',
      { outputFiles: [{ path: 'a', digest: noBytes, nodeProperties: { unixMode: { value: 0o10000 } } }] },
    ],
    ['a name with a NUL', 'NUL', { outputSymlinks: [{ path: 'a\0b', target: 'c' }] }],
    ['nothing of oodate', 'not one of oodate', { executionMetadata: { worker: 'w' } }],
  ])('with %s is damaged', (_, why, value) => {
    const type = messages.lookupType('ActionResult');
    const bytes = type.encode(type.fromObject(value)).finish();
    expect(() => decodeActionResult(bytes)).toThrow(why);
    expect(readOrDamage(bytes)).toBe('damaged');
  });

  test('of more outputs than any command makes is refused before they fill the memory', () => {
    // An OutputSymlink without anything takes two bytes.
    const bytes = Buffer.alloc(2 * 500_001, Buffer.of(0x62, 0));
    expect(() => decodeActionResult(bytes)).toThrow('more than 500000 outputs');
  });
});

/** What is said of it, or 'damaged'. */
function readOrDamage(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => unknown = decodeActionResult,
): unknown {
  try {
    return decode(bytes);
  } catch (error) {
    expect(error).toMatchObject({ name: 'StoreError', code: 'ENTRY_DAMAGED' });
    return 'damaged';
  }
}

describe('the key of an action', () => {
  test("is the digest of Bazel's message", () => {
    const encode = (name: string, value: object) => {
      const type = messages.lookupType(name);
      return type.encode(type.fromObject(value)).finish();
    };
    const command = digestOf(
      encode('Command', {
        arguments: ['cc', '-c', '', 'foo.c'],
        environmentVariables: [{ name: 'LANG' }, { name: 'PATH', value: '/bin' }],
        workingDirectory: 'packages/a',
      }),
    );
    const { hash, size } = action.inputRoot;
    const message = encode('Action', {
      commandDigest: { hash: command.hash, sizeBytes: command.size },
      inputRootDigest: { hash, sizeBytes: size },
      salt: Buffer.from('oodate 1').toString('base64'),
    });
    expect(actionKey(action)).toBe(createHash('sha256').update(message).digest('hex'));
  });

  test('does not depend on the order of the variables', () => {
    expect(actionKey({ ...action, environment: [...action.environment].reverse() })).toBe(actionKey(action));
  });

  test.each<[string, Partial<Action>]>([
    ['a word', { arguments: ['cc', '-c', '', 'foo.d'] }],
    ['an empty word', { arguments: ['cc', '-c', 'foo.c'] }],
    ['where words end', { arguments: ['cc', '-c', '', 'foo', '.c'] }],
    ['a byte that is no UTF-8', { arguments: ['cc', '-c', '', 'foo\udc80c'] }],
    ['another byte that is no UTF-8', { arguments: ['cc', '-c', '', 'foo\udc81c'] }],
    ['a variable', { environment: [['PATH', '/bin']] }],
    [
      'a value',
      {
        environment: [
          ['PATH', '/bin'],
          ['LANG', 'C'],
        ],
      },
    ],
    ['the directory', { directory: 'packages/b' }],
    ['the inputs', { inputRoot: digest('others') }],
    ['the salt', { salt: 'oodate 2' }],
  ])('differs with %s', (_, change) => {
    const others = [action, { ...action, arguments: ['cc', '-c', '', 'foo\ufffdc'] }].map(actionKey);
    expect(others).not.toContain(actionKey({ ...action, ...change }));
  });
});
