export default { base: './', build: { target: 'esnext', assetsInlineLimit: 0 } };
