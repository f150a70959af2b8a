/** A process that has changed something. */
export interface Changer {
  readonly pid: number;
  readonly name: string;
  readonly words?: string[];
  readonly ancestors?: readonly { readonly pid: number; readonly name: string }[];
}
