import { defineConfig } from 'vite';

export default defineConfig({
  // The pages work in any folder of any server.
  base: './',
  build: {
    target: 'es2022',
    // Nothing is inlined, because the content security policy does not allow data addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ['index.html', 'check.html'] },
  },
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['ballotta'] },
});
