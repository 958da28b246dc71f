/** The transport below the client: requests, event streams, proxies and certificates, failures and how often to retry them. */
package lib.client.http;
