// SPDX-License-Identifier: Apache-2.0
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.TimestampExtractor;

/**
 * Kafka Streams doing the bench's jobs.
 *
 * <pre>Bench BROKER filter|window IN OUT COUNT THREADS DIR [once COMMIT_MS]</pre>
 *
 * COUNT 0: runs until it is killed (latency); else ends when COUNT messages have been read and prints the seconds since the first.
 * filter: messages with an amount above 90. window: count per key in tumbling windows of 10 s by "ts" (the topic is keyed).
 */
public final class Bench {
	private static final ObjectMapper JSON = new ObjectMapper();
	private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS");
	private static final AtomicLong read = new AtomicLong(), first = new AtomicLong();

	private static JsonNode parse(String text) {
		try {
			if (read.getAndIncrement() == 0) first.set(System.nanoTime());
			return JSON.readTree(text);
		} catch (Exception e) {
			throw new IllegalStateException(e);
		}
	}

	/** Event time out of the message. */
	public static final class Clock implements TimestampExtractor {
		@Override public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
			String text = (String) record.value();
			int at = text.indexOf("\"ts\":\"") + 6;
			return LocalDateTime.parse(text.substring(at, at + 23), TIME).toInstant(ZoneOffset.UTC).toEpochMilli();
		}
	}

	public static void main(String[] args) throws Exception {
		long count = Long.parseLong(args[4]);
		Properties p = new Properties();
		p.put(StreamsConfig.APPLICATION_ID_CONFIG, "bench-" + System.nanoTime());
		p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
		p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, args[5]);
		p.put(StreamsConfig.STATE_DIR_CONFIG, args[6]);
		p.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
		p.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
		p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), count == 0 ? "latest" : "earliest");
		p.put(StreamsConfig.producerPrefix("linger.ms"), count == 0 ? 0 : 100);
		if (args.length > 7) {
			p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
			p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, args[8]);
		}
		StreamsBuilder builder = new StreamsBuilder();
		if (args[1].equals("filter")) {
			KStream<String, String> in = builder.stream(args[2]);
			in.filter((key, value) -> parse(value).get("amount").asDouble() > 90).to(args[3]);
		} else {
			builder.stream(args[2], Consumed.with(Serdes.String(), Serdes.String()).withTimestampExtractor(new Clock()))
				.peek((key, value) -> parse(value))
				.groupByKey(Grouped.with(Serdes.String(), Serdes.String()))
				.windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofSeconds(10), Duration.ofSeconds(5)))
				.count()
				.toStream((key, n) -> key.key() + "@" + key.window().start())
				.mapValues(n -> Long.toString(n))
				.to(args[3], Produced.with(Serdes.String(), Serdes.String()));
		}
		KafkaStreams streams = new KafkaStreams(builder.build(), p);
		Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
		streams.start();
		while (count == 0 || read.get() < count) Thread.sleep(count == 0 ? 1000 : 5);
		double seconds = (System.nanoTime() - first.get()) / 1e9;
		streams.close();
		System.out.printf("streams %s %d messages %.3f s %.0f messages/s%n", args[1], count, seconds, count / seconds);
	}
}
