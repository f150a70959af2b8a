// Test suites of real projects, from Debian's sources. `test` is run by sh in the unpacked source, from
// configuring to the last test.

/**
 * @typedef {object} Suite
 * @property {string} name   the Debian source package
 * @property {string} does
 * @property {string} test
 * @property {boolean} [short]   runs with the ordinary tests
 */

/** @type {readonly Suite[]} */
export const suites = [
  {
    name: 'bzip2',
    does: 'bzip2, compiled with AddressSanitizer and LeakSanitizer: it must give back three files',
    test: 'make -s CC="cc -fsanitize=address" AR="ar" RANLIB="ranlib" test',
    short: true,
  },
  {
    name: 'hello',
    does: 'GNU hello: autoconf, automake, shell scripts',
    test: './configure -q && make -s && make check',
  },
  {
    name: 'zlib',
    does: 'zlib, compiled with AddressSanitizer and LeakSanitizer',
    test: 'CFLAGS="-g -O1 -fsanitize=address" ./configure && make -s test',
  },
];
