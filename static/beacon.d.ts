// What beacon.js offers to the page that embeds it. Versioned with the script:
// this file describes the beacon.js that is served beside it.

export interface Footfall {
  /** Whether the visitor has objected: Global Privacy Control, Do Not Track or the refusal cookie. */
  optedOut(): boolean;

  /** Objects, for thirteen months. Resolves once the collector has answered; ask optedOut() then. */
  optOut(): Promise<Response>;

  /** Takes the objection back. Resolves once the collector has answered; ask optedOut() then. */
  optIn(): Promise<Response>;

  /**
   * Counts the use of a feature: a name of 1 to 32 letters a to z, digits and _, which the site's
   * configuration declares. Others are dropped. Only with data-more, and only once the first view
   * has been taken in: call it as window.footfall?.use?.('name').
   */
  use?(name: string): void;
}

declare global {
  interface Window {
    /** Absent until beacon.js has loaded, and where it is blocked. */
    readonly footfall?: Footfall;
  }
}
