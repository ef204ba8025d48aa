import { defineConfig } from 'vite';

export default defineConfig({
  // Any folder of any server.
  base: './',
  build: {
    target: 'es2022',
    // Everything is a file of its own: the content security policy allows no data in its place.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ['index.html', 'check.html'] },
  },
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['ballotta'] },
});
