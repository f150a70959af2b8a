const sourceFiles = {
  // The sources import './x.js', as Node and tsc want it; what is there is x.ts. Packages have the .js.
  '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1.ts'],
};

const common = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: { '^@oodate/([a-z-]+)$': '<rootDir>/packages/$1/src/index.ts', ...sourceFiles },
  modulePathIgnorePatterns: [
    '<rootDir>/packages/[^/]+/(dist|build)/',
    '<rootDir>/.work/',
    '<rootDir>/.demo/',
  ],
  watchPathIgnorePatterns: ['<rootDir>/.work/', '<rootDir>/.demo/', '/build/'],
};

export default {
  projects: [
    {
      ...common,
      displayName: 'test',
      testMatch: [
        '<rootDir>/packages/*/src/**/*.test.ts',
        '<rootDir>/packages/report/page/**/*.test.ts',
        '<rootDir>/tools/**/*.test.ts',
      ],
      testPathIgnorePatterns: ['/native-fuzz\\.test\\.ts$'],
    },
    // The tests of the tracer once more, with a probe that AddressSanitizer and UBSan watch.
    {
      ...common,
      displayName: 'sanitized',
      testMatch: ['<rootDir>/packages/tracer/src/**/*.test.ts'],
      // Where processes are killed or memory is short, the sanitizers themselves get stuck. The loader ends
      // without giving back its memory.
      testPathIgnorePatterns: ['/(native-build|robust|load|bpf-loader)\\.test\\.ts$'],
      moduleNameMapper: {
        '/probe\\.js$': '<rootDir>/packages/testkit/src/sanitized-probe.ts',
        ...common.moduleNameMapper,
      },
      globalSetup: '<rootDir>/tools/sanitized-probe.mjs',
      setupFilesAfterEnv: ['<rootDir>/packages/testkit/src/sanitizer-reports.ts'],
    },
  ],
  reporters: ['default', '<rootDir>/tools/closing-line.mjs'],
  // The slowest tests compile programs and start many processes, on machines that do other things too.
  testTimeout: 120_000,
  // Mostly they wait for the programs that they start.
  maxWorkers: '100%',
};
