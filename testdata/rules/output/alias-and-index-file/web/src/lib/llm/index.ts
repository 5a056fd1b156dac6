export * from './limits.js';
export { model as default } from './model';
