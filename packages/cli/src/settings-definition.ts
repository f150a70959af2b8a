import * as v from 'valibot';
import { sizePattern } from './byte-size.js';

/*
 * The one definition of what settings there are and what each may be: it checks them, and
 * oodate.schema.json is made from it. Loaded only where something is set.
 */

const text = v.pipe(v.string(), v.minLength(1));

function list(description: string) {
  return v.optional(v.pipe(v.array(text), v.description(description)));
}

export const settingsDefinition = v.pipe(
  v.strictObject({
    $schema: v.optional(v.pipe(v.string(), v.description('This schema, for editors.'))),
    mode: v.optional(
      v.pipe(
        v.picklist(['content', 'mtime']),
        v.description(
          'Compare files by content (the default), or by modification time and size without looking into them.',
        ),
      ),
    ),
    cache: v.optional(
      v.pipe(
        text,
        v.description(
          'Directory for what is known of runs: it is kept in the folder .oodate there. Default: node_modules/.cache/oodate of each package, or .oodate where there is no node_modules.',
        ),
      ),
    ),
    ignore: list(
      'Patterns of paths that never count, neither as inputs nor as outputs. One that matches a directory stands for all below it; one that begins with ! takes back.',
    ),
    inputs: list(
      'Patterns of files that count as inputs, though a command may not be seen to use them. One that begins with ! takes back.',
    ),
    env: v.optional(
      v.pipe(
        v.strictObject({
          ignore: list('Names of environment variables that do not count. A name may end in *.'),
          require: list(
            'Names of environment variables that count in any case, though they are volatile or to be ignored. A name may end in *.',
          ),
        }),
        v.description('Environment variables.'),
      ),
    ),
    network: v.optional(
      v.pipe(
        v.strictObject({
          ignore: list(
            'Scripts whose results do not depend on what comes over the network, so that they can be up to date though they use it. A name may have * in it; a command goes by all its words.',
          ),
        }),
        v.description('Scripts and commands that use the network.'),
      ),
    ),
    scripts: v.optional(
      v.pipe(
        v.strictObject({
          include: list(
            'Scripts that oodate-sh runs only if they are out of date; all others run plainly. A name may have * in it.',
          ),
          exclude: list('Scripts that oodate-sh always runs plainly. A name may have * in it.'),
        }),
        v.description('Which scripts package managers run through oodate, where it is their script shell.'),
      ),
    ),
    store: v.optional(
      v.pipe(
        v.strictObject({
          enabled: v.optional(
            v.pipe(
              v.boolean(),
              v.description('Whether results are kept in the store and brought back. Default: true.'),
            ),
          ),
          directory: v.optional(
            v.pipe(
              text,
              v.description(
                'Directory of the store. Default: oodate in $XDG_CACHE_HOME or in ~/.cache, for all projects of a user.',
              ),
            ),
          ),
          inputs: v.optional(
            v.pipe(
              v.boolean(),
              v.description(
                'Whether small texts of the project that a command reads are kept, to show what has changed in them. Default: true.',
              ),
            ),
          ),
          size: v.optional(
            v.pipe(
              v.string(),
              v.regex(sizePattern),
              v.description(
                'How much the store may hold, such as "500 MB" or "2 GiB". What was used least recently goes first. Default: "10 GB".',
              ),
            ),
          ),
          outside: list(
            'Patterns of paths outside of the project that may be written when a result is brought back. One that matches a directory stands for all below it; one that begins with ! takes back.',
          ),
        }),
        v.description('The store of results.'),
      ),
    ),
  }),
  v.title('Settings of oodate'),
  v.description('The content of oodate.config.json, and of the key "oodate" in package.json.'),
);
