import { expect, test } from '@jest/globals';
import { readMetaFile } from '@oodate/meta-file';
import { scripts, workspace } from '@oodate/testkit';

test('the record of a run has the versions of the programs that it executed', async () => {
  const tool = (version: string) => ({
    'node_modules/tool/package.json': JSON.stringify({ name: 'tool', version }),
  });
  const space = workspace({ 'package.json': scripts({ build: 'tool > out' }), ...tool('1.0.0') });
  space.writeProgram('node_modules/tool/cli.js', `#!${process.execPath}\nconsole.log(1);\n`);
  space.link('node_modules/.bin/tool', '../tool/cli.js');
  const versions = () => {
    const record = readMetaFile(space.path('node_modules/.cache/oodate/build.meta'));
    const files = record.kind === 'good' ? record.run.files : [];
    return Object.fromEntries(
      files.flatMap(({ path, version }) => (version ? [[path.replace(/^.*\/(?=sh$)/, ''), version]] : [])),
    );
  };
  await space.kept(['build']);
  const expected = (version: string) => ({
    [space.path('node_modules/.bin/tool')]: version,
    [process.execPath]: `node ${process.versions.node}`,
    sh: expect.stringMatching(/^\S+ \S+$/),
  });
  expect(versions()).toMatchObject(expected('tool 1.0.0'));
  space.write(tool('2.0.0'));
  await space.kept(['build'], /package\.json changed/);
  expect(versions()).toMatchObject(expected('tool 2.0.0'));
});
