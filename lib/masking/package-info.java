/** Masks secrets in all that leaves: known values in their encodings, token shapes, private keys. */
package lib.masking;
