/*
 * node tools/has-packages.js run|dev: whether node_modules has what package-lock.json asks for, with or without the
 * packages for development; the exit status is 0 or 1. npm notes what it installed; file times tell nothing, because a
 * checkout sets them anew.
 */
const { readFileSync } = require('node:fs');
const process = require('node:process');

const withDev = process.argv[2] === 'dev';
const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;

try {
  const wanted = Object.entries(packagesOf('package-lock.json')).filter(
    ([path, { dev, optional, devOptional }]) => path !== '' && !optional && (withDev || !(dev || devOptional)),
  );
  const installed = packagesOf('node_modules/.package-lock.json');
  process.exit(wanted.every(([path, { version }]) => installed[path]?.version === version) ? 0 : 1);
} catch {
  process.exit(1);
}
