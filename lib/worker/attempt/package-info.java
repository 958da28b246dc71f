/** One attempt from claim to verdict. */
package lib.worker.attempt;
