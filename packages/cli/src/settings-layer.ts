import type { AbsolutePath } from '@oodate/filemon';

/** Where a value comes from. Paths in it are relative to `directory`. */
export type SettingSource =
  | { readonly kind: 'default'; readonly directory: AbsolutePath }
  | { readonly kind: 'file'; readonly file: AbsolutePath; readonly directory: AbsolutePath }
  | { readonly kind: 'environment'; readonly variable: string; readonly directory: AbsolutePath }
  | { readonly kind: 'flag'; readonly flag: string; readonly directory: AbsolutePath };

/** One place that sets something: `values` is what stands there, not yet checked. */
export interface SettingsLayer {
  readonly from: SettingSource;
  readonly values: unknown;
}
