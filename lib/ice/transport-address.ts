/** An IP address and port, as text and number. */
export interface TransportAddress {
  address: string;
  port: number;
}
